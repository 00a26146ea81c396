"""Names: the commands of the canvas that give a block or a frame another name, written where the name stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPoint, QRect, QSize

from cnnstudio.graph import Frame, Graph, GraphError, NamingError, Note
from cnnstudio.graph.annotations import LONGEST_TITLE
from cnnstudio.graph.names import LONGEST as LONGEST_NAME
from cnnstudio.ui.canvas.commands.notes import Noting
from cnnstudio.ui.canvas.inline_edit import TitleField
from cnnstudio.ui.canvas.scene.item_scene import NEAR

SMALLEST = 120, 26  # pixels of the screen of the field, however far what it names is
PAD = 10  # pixels of the screen between the edge of the field and its letters

Change = Callable[[Graph, str], Graph]  # what the network is with what was written


class Naming(Noting):
    """An editor in which things get other names."""

    @property
    def nameable(self) -> str | Frame | Note | None:
        """What a name would be asked for: the one node that is meant, the frame that is selected, or the note."""
        names = self.chosen
        ringed = self.scene().focused if not self.scene().selected_wires else None
        if len(names) == 1:
            return names[0]
        if names:
            return next((frame for frame in self.chosen_frames if frame.members == set(names)), None)
        return self.chosen_note or (ringed if ringed in self.scene().graph else None)

    def rename(self) -> None:
        """Ask for another name of the block, for another title of the frame, or for the text of the note."""
        asked = self.nameable
        if self.document.is_read_only:
            self.edit("", None)
        elif isinstance(asked, Note):
            self.edit_note(asked)
        elif isinstance(asked, Frame):
            self.edit_title(asked)
        elif asked is not None:
            self.edit_name(asked)
        else:
            self.document.said.emit("Select one block, or all of a frame, to give it another name.")

    def edit_name(self, name: str) -> None:
        """Ask for another name of this node, where its name stands."""

        def renamed(graph: Graph, new: str) -> Graph:
            return graph.rename(name, new)

        def keep(new: str) -> None:
            if not self._refuses(new, renamed):
                self.document.rename(name, new)

        item = self.scene().nodes[name]
        self.bring_in(item.body)
        line = self.mapFromScene(item.name_line(self.zoom)).boundingRect()
        body = self.mapFromScene(item.body).boundingRect()
        width = max(body.right() - line.left() + PAD, SMALLEST[0])
        left = line.left() - PAD if self.zoom >= NEAR else body.center().x() - width // 2
        place = QRect(left, 0, width, max(line.height(), SMALLEST[1]))
        place.moveCenter(QPoint(place.center().x(), line.center().y()))
        self._write_line(name, place, "Name of the block", LONGEST_NAME, keep=keep, change=renamed)

    def edit_title(self, frame: Frame | None = None) -> None:
        """Ask for the title of this frame, or of the one that the selected nodes are in, where it stands."""
        frame = frame or next(iter(self.chosen_frames), None)
        if self.document.is_read_only:
            self.edit("", None)
            return
        if frame is None:
            self.document.said.emit("There is no frame round what is selected.")
            return
        asked = frame

        def retitled(graph: Graph, title: str) -> Graph:
            return graph.reframe(asked, replace(asked, title=title))

        bar = self.mapFromScene(self.scene().frames.title_rect(asked)).boundingRect()
        place = QRect(bar.topLeft(), bar.size().expandedTo(QSize(*SMALLEST)))
        place.moveBottom(bar.bottom() + 1)
        self._write_line(
            asked.title, place, "Title of the frame", LONGEST_TITLE, keep=partial(self.retitle, asked), change=retitled
        )

    def _refuses(self, words: str, change: Change) -> bool:
        """Whether the network cannot be changed so with these words; then it is said why."""
        try:
            change(self.document.view_graph, words)
        except (GraphError, NamingError) as error:
            self.document.said.emit(str(error))
            return True
        return False

    def _write_line(
        self, text: str, place: QRect, what: str, most: int, *, keep: Callable[[str], object], change: Change
    ) -> None:
        """Open a field for one line over this place of the view; it goes when another is looked at, and keeps."""
        room = self.viewport().rect()
        place.moveLeft(max(room.left(), min(place.left(), room.right() - place.width())))
        place.moveTop(max(room.top(), min(place.top(), room.bottom() - place.height())))
        field = TitleField(text, most, place, self.viewport(), keep=keep, refuses=partial(self._refuses, change=change))
        field.setAccessibleName(what)
        self.looked.connect(field.ending.keep)
        self.document.changed.connect(field.ending.give_up)
        self.document.scope_changed.connect(field.ending.give_up)
