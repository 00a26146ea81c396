"""LessonHeader: which lesson the questions belong to, and how far it is."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from cnnstudio.lessons.lesson import Lesson


class LessonHeader(QWidget):
    """The title of a lesson, what is learned in it, and a bar; hidden where no lesson is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(self)
        self.title.setProperty("textSize", "large")
        self.title.setWordWrap(True)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        self.sentence = QLabel(self)
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the lesson")
        line, column = QHBoxLayout(), QVBoxLayout(self)
        line.addWidget(self.title, 1)
        line.addWidget(self.count)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.sentence)
        column.addWidget(self.bar)
        self.hide()

    def show_lesson(self, lesson: Lesson | None, at: int = 0) -> None:
        """Show the lesson with ``at`` of its questions answered, or with None nothing."""
        self.setVisible(lesson is not None)
        if lesson is None:
            return
        every = len(lesson.asked)
        self.title.setText(lesson.title)
        self.sentence.setText(lesson.sentence)
        self.count.setText(f"{at} of {every}")
        self.bar.setRange(0, every)
        self.bar.setValue(at)
