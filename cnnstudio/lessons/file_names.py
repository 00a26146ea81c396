"""File names: what a lesson, its text and the work of a student are called; for whoever opens no lesson yet."""

from __future__ import annotations

LESSON, HANDED_IN = ".lesson", ".handin"
"""What the files of a teacher and of a student end in."""

TEXT = "lesson.md"
"""The member of a lesson that says all but what it brings along."""
