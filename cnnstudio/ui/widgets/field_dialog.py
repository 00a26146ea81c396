"""Field dialog: some fields, a sentence about what stands in them, and a button that waits until all can be read."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain

HINT_SIDES = 28  # pixels of a field beside the words that stand in it while it is empty


class FieldDialog(QDialog):
    """Asks for what ``fields`` are titled; ``check`` follows each letter. Return never means Cancel."""

    def __init__(self, title: str, fields: Mapping[str, QLineEdit], does: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.sentence = Plain()
        self.sentence.setWordWrap(True)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for name, field in fields.items():
            form.addRow(name, field)
            field.textEdited.connect(self.check)
            hint = field.fontMetrics().horizontalAdvance(field.placeholderText())
            field.setMinimumWidth(hint + round(HINT_SIDES * theme.scale))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.run = buttons.addButton(does, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.sentence)
        layout.addStretch(1)
        layout.addWidget(buttons)

    def check(self) -> None:
        """Say what is lacking still, or what the fields come to, by ``show_state``."""
        raise NotImplementedError

    def show_state(self, sentence: str, is_wrong: bool) -> None:
        """Say this, and let the button be pressed where nothing is wrong."""
        self.sentence.setText(sentence)
        self.run.setEnabled(not is_wrong)
        self.run.setDefault(not is_wrong)
        self.run.setToolTip(tip(sentence if is_wrong else ""))
