"""The menus, the toolbar and the menu of the canvas, as trees of the ids of actions."""

from __future__ import annotations

from typing import Any

# A menu is its title and what stands in it: an id, None for a line, or another menu. "x-*" is every action whose id
# begins so; "panels", "recent" and "windows" are filled by the window.
Menu = tuple[str, tuple[Any, ...]]
MENUS: tuple[Menu, ...] = (
    (
        "&File",
        (
            "new", ("New from a template", ("new-*",)), "start-page", "window-new", None, "open", "open-in-window",
            ("Open recent", ("recent",)), None, "save", "save-as", "hand-in",
            ("Write a lesson", ("author-*", None, "show-lesson-editor")), None,
            "import-model", "import-network", "import-python",
            (
                "Export",
                (
                    "export", None, "export-python", "export-weights", "export-onnx",
                    ("Other formats", ("export-*",)), None, "train-elsewhere", None, "report", None, "picture",
                    "picture-selection", "picture-paper", None, "figure",
                ),
            ),
            None,
            "window-close", "quit",
        ),
    ),
    (
        "&Edit",
        (
            "undo", "redo", None, "cut", "copy", "copy-picture", "paste", "paste-wired", "duplicate", "duplicate-wired",
            "delete", "delete-heal", None,
            "select-all", "select-upstream", "select-downstream", "select-same", "select-framed", "select-turn", None,
            ("Go to", ("next", "previous", "next-too", "previous-too", None, "next-wire", "previous-wire")), "find",
        ),
    ),
    (
        "&Network",
        (
            "quick-add",
            ("Wires", ("wire-to", "wire-from", None, "lift", "put-on-wire", None, "bend", "bend-next", "straighten")),
            "arrange",
            ("Align", ("align-*",)), ("Distribute", ("distribute-*",)), None, "enter", "leave",
            "group", "ungroup", "keep", None, "rename", "replace", "bypass", None, "frame",
            ("Frames", ("join-frame", "unframe", None, "frame-title", "frame-color")), "note",
            (
                "Notes",
                (
                    "note-next", "note-next-too", None, "note-edit", "note-link", "note-color", None, "note-wider",
                    "note-narrower", "note-taller", "note-shorter",
                ),
            ),
        ),
    ),
    (
        "&Train",
        (
            "train", "stop", None, "show-sweep", "queue-add", "queue-start", "queue-pause", "show-queue", None,
            "show-evaluation", "show-mistakes", None, "notices",
        ),
    ),
    (
        "&View",
        (
            "fit", "fit-selection", "actual-size", "zoom-in", "zoom-out", "minimap", "wheel-pans", None,
            ("Measure", ("measure-*", None, "share-*", None, "time-blocks")), "thumbnails", "wide-wires",
            "snap", None,
            ("Bookmarks", ("bookmark-add", "bookmark-list", None, "bookmark-go-*")),
            ("Workspace", ("workspace-*",)), ("Panels", ("panels",)), ("Focused panel", ("panel-*",)),
            "default-layout", "next-part", "previous-part", None, "present", "simple", None,
            ("Colours", ("theme", None, "theme-*")),
            ("Text size", ("text-*",)),
        ),
    ),
    ("&Window", ("windows",)),
    (
        "&Help",
        (
            "help", "tour", ("Lessons", ("lesson-*",)), None, "commands", "shortcuts", "gestures", "handbook", None,
            "newer", "about",
        ),
    ),
)  # fmt: skip

TOOLBAR: tuple[str | None, ...] = (
    "new", "open", "save", None, "undo", "redo", None, "quick-add", "arrange", "fit", None, "train", "stop", None,
    "export", None, "theme", "commands",
)  # fmt: skip

CANVAS_MENU = (
    "quick-add", None, "cut", "copy", "paste", "duplicate", "delete", "delete-heal", None, "rename", "enter", "group",
    "ungroup", "keep", "replace", "bypass", None, "bend", "straighten", None, "frame", "unframe", "frame-title",
    "frame-color", None, "note", "note-edit", "note-link", "note-color", None, "arrange", "fit", "fit-selection", None,
    "help",
)  # fmt: skip
