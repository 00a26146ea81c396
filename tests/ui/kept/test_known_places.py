"""A path that came with a file is nobody's wish: no disk is asked about it before a person is."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project, RunReference, write
from cnnstudio.project.project import from_template
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.place import Place
from cnnstudio.training.readiness import obstacle_of_look
from cnnstudio.ui.document import Document
from cnnstudio.ui.kept import known_places
from cnnstudio.ui.kept.known_places import KnownPlaces
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.run import Run
from cnnstudio.ui.training import before

pytestmark = pytest.mark.usefixtures("qapp")  # what is kept is let go by a timer


@pytest.fixture(scope="module")
def lenet() -> Project:
    return from_template("lenet5")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of ten classes of images, of which none is there."""
    for digit in range(10):
        (tmp_path / "pictures" / str(digit)).mkdir(parents=True)
    return tmp_path / "pictures"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bool]]]:
    """Every look at the disk: the path, and whether the window waited for it on its own thread."""
    seen: list[tuple[str, bool]] = []
    real = known_places.look

    def look(path: str) -> Place:
        seen.append((path, threading.current_thread() is threading.main_thread()))
        return real(path)

    monkeypatch.setattr(known_places, "look", look)
    yield seen
    assert not any(on_window for _, on_window in seen)


def of_folder(project: Project, folder: Path | str) -> Project:
    return dataclasses.replace(project, recipe=Recipe(data="folder", folder=str(folder)))


def unasked(document: Document) -> list[str]:
    return [each.sentence for each in document.concerns() if "Nobody has looked there yet" in each.sentence]


def look_in(document: Document) -> str | None:
    return obstacle_of_look(document.project, document.diagnostics, document.told, seen=document.places.seen)


def test_what_a_file_names_is_looked_at_once_it_was_asked_for(
    lenet: Project, pictures: Path, looks: list[tuple[str, bool]]
) -> None:
    document = Document()
    document.open(of_folder(lenet, pictures), None)
    assert document.obstacle() is None, "it hinders nobody"
    assert [str(pictures) in sentence for sentence in unasked(document)] == [True]
    assert str(pictures) in (look_in(document) or "")
    document.edit_graph("Move", document.graph.move({"conv1": (5.0, 5.0)}))
    document.look_again()
    assert not looks
    document.look_there()
    assert not unasked(document) and document.obstacle() is None and look_in(document) is None
    assert [path for path, _ in looks] == [str(pictures)]
    document.edit_graph("Move", document.graph.move({"conv1": (6.0, 5.0)}))
    assert document.obstacle() is None and len(looks) == 1, "an edit asks no disk"


def test_what_a_person_chooses_is_looked_at(lenet: Project, tmp_path: Path, looks: list[tuple[str, bool]]) -> None:
    document = Document(lenet)
    document.edit_recipe("Choose", Recipe(data="folder", folder=str(tmp_path / "gone")))
    assert (document.obstacle() or "").startswith("There is no folder ") and looks
    document.open(of_folder(lenet, tmp_path / "other"), None)
    assert unasked(document)
    document.edit_recipe("Rate", dataclasses.replace(document.project.recipe, learning_rate=0.1))
    assert unasked(document), "that was about something else"
    document.edit_recipe("Digits", Recipe())
    assert document.obstacle() is None
    assert document.undo_stack.canUndo()


def test_weights_and_a_teacher_are_not_looked_at_either(lenet: Project, looks: list[tuple[str, bool]]) -> None:
    document = Document()
    recipe = Recipe(weights=r"\\host\share\w.safetensors", teacher="//host/share/run")
    document.open(dataclasses.replace(lenet, recipe=recipe), None)
    (sentence,) = unasked(document)
    assert r"\\host\share\w.safetensors" in sentence and "//host/share/run" in sentence
    assert document.obstacle() is None and look_in(document) == sentence and not looks


def test_what_was_chosen_once_is_known_on_another_day(
    isolated_home: Path, lenet: Project, pictures: Path, looks: list[tuple[str, bool]]
) -> None:
    preferences = Preferences()
    KnownPlaces(preferences).choose([str(pictures)])
    preferences.sync()
    document = Document(places=KnownPlaces(Preferences()))
    document.open(of_folder(lenet, pictures), None)
    assert not unasked(document) and len(looks) == 1


def test_a_share_that_does_not_answer_stops_nobody(
    qtbot: QtBot, lenet: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(known_places, "AT_ONCE", 0.01)

    def look(path: str) -> Place:
        answers.wait(30)
        return Place(stamp=(1,))

    monkeypatch.setattr(known_places, "look", look)
    document = Document()
    document.open(of_folder(lenet, "//slow/share"), None)
    document.look_there()
    assert "//slow/share does not answer yet" in (document.obstacle() or "")
    with qtbot.waitSignal(document.learned):
        answers.set()
    assert document.obstacle() is None


def test_a_button_looks_there_and_so_does_train(
    qtbot: QtBot, window: MainWindow, lenet: Project, tmp_path: Path, looks: list[tuple[str, bool]]
) -> None:
    window.show_panel("training")
    window.document.open(of_folder(lenet, tmp_path / "nowhere"), None)
    window.training.update_now()
    row = window.training.before.concerns.rows[0]
    assert row.buttons[0].text() == "Look in this folder" and not looks
    window.show_panel("problems")
    problems = window.docks["problems"].widget()
    problems.update_now()
    assert "Nobody has looked there yet" in problems.reason.text()
    row.buttons[0].click()
    assert (window.document.obstacle() or "").startswith("There is no folder ")
    window.document.open(of_folder(lenet, tmp_path / "neither"), None)
    window.training.update_now()
    window.training.train.click()
    assert window.run.state == "idle", "it sees first that there is nothing"
    assert (window.document.obstacle() or "").startswith("There is no folder ")


def test_the_run_that_a_file_names_is_opened_when_it_was_asked_for(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere" / "run"
    folder.mkdir(parents=True)
    file = tmp_path / "net.cnn"
    write(file, dataclasses.replace(tiny, recipe=Recipe(data="folder"), run=RunReference(str(folder), 1)))
    window.files.open(file)
    (bar,) = window.messages.bars
    assert "is not among yours" in bar.sentence and str(folder) in bar.sentence
    bar.findChild(QPushButton).click()
    qtbot.waitUntil(lambda: any("not there any more" in each.sentence for each in window.messages.bars))


def test_no_step_is_tried_with_what_nobody_has_looked_at(
    qtbot: QtBot, tiny: Project, monkeypatch: pytest.MonkeyPatch, looks: list[tuple[str, bool]]
) -> None:
    begun: list[str] = []

    class Begun:
        def __init__(self, work: object, name: str, parent: object) -> None:
            begun.append(name)
            raise RuntimeError("that is enough")

    monkeypatch.setattr(before, "Task", Begun)
    run, document = Run(), Document()
    images = SimpleNamespace(train_labels=(0,), counts=(1, 1))
    monkeypatch.setattr(run.loaded, "some_of", lambda project: images)
    document.open(dataclasses.replace(tiny, recipe=Recipe(teacher="//host/share/run")), None)
    card = before.BeforeCard(document, run)
    qtbot.addWidget(card)
    card.show()
    card.refresh()
    card._measure()
    assert not begun and not looks
    document.edit_recipe("No teacher", Recipe())
    card.refresh()
    with pytest.raises(RuntimeError):
        card._measure()
    assert begun == ["forecast"]
    card.close_tasks(1.0)


def test_a_click_on_a_block_fetches_nothing(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    recipe = Recipe(weights="torchvision")
    window.document.open(dataclasses.replace(tiny, recipe=recipe), None)
    window.show_panel("feature-maps")
    panel = window.docks["feature-maps"].widget()
    window.document.select(("conv1",))
    panel.update_now()
    panel._look()
    assert not panel.looker.is_looking and "which are downloaded once" in panel.view.nothing.sentence.text()
