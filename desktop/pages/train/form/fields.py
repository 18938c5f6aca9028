"""Controls for the fields of a recipe, made from their own descriptions, ranges and defaults."""

import math
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import QEvent, QLocale, QObject, Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.style import colours

_UNITS = {
    "hz": "Hz",
    "samples": "samples",
    "dbfs": "dBFS",
    "db": "dB",
    "seconds": "s",
    "semitones": "semitones",
}
_MOST = 2**31 - 1
_LISTED: dict[tuple[Any, ...], type] = {(float,): float, (int,): int}


class Row:
    """One field: name, control, and a button that takes a change back."""

    def __init__(self, path: str, field: FieldInfo, reset_words: str) -> None:
        self.path = path
        self.words, unit = words_of(path.rpartition(".")[2])
        self.editor: Editor = editor_of(field, unit)
        self.label = QLabel(self.words)
        self.label.setBuddy(self.editor.control)
        help_text = field.description or ""
        for widget in (self.label, self.editor.control):
            widget.setToolTip(f"{path}: {help_text}" if help_text else path)
        self.editor.control.setAccessibleName(f"{path.replace('.', ' ')}".replace("_", " "))
        self.editor.control.setAccessibleDescription(help_text)
        self.reset = QToolButton()
        self.reset.setText("↺")
        self.reset.setAutoRaise(True)
        self.reset.setToolTip(reset_words)
        self.reset.setAccessibleName(f"{reset_words}: {path}")
        kept = self.reset.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(kept)
        self.help = QLabel(help_text)
        self.help.setObjectName("faint")
        self.help.setWordWrap(True)

    def show(self, on: bool) -> None:
        """Whether the field applies to the recipe as it is."""
        kept = self.reset.sizePolicy()
        kept.setRetainSizeWhenHidden(on)
        self.reset.setSizePolicy(kept)
        for widget in (self.label, self.editor.control, self.help):
            widget.setVisible(on)
        if not on:
            self.reset.hide()

    def mark(self, changed: bool) -> None:
        """Whether it is other than the preset's."""
        self.label.setText(f"● {self.words}" if changed else self.words)
        accent = f"color: {colours().accent}; font-weight: 600;"
        self.label.setStyleSheet(accent if changed else "")
        self.reset.setVisible(changed)


class Section(QWidget):
    """A table of the recipe; its heading folds it."""

    def __init__(self, title: str, rows: list[Row], *, unfolded: bool) -> None:
        super().__init__()
        self.title, self.rows = title, rows
        self.heading = QToolButton()
        self.heading.setCheckable(True)
        self.heading.setChecked(unfolded)
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setObjectName("section")
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body = QWidget()
        grid = QGridLayout(self.body)
        grid.setContentsMargins(14, 0, 4, 6)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        for index, row in enumerate(rows):
            row.label.setFixedWidth(160)
            row.editor.control.setFixedWidth(150)
            for column, widget in enumerate((row.label, row.editor.control, row.reset, row.help)):
                grid.addWidget(widget, index, column)
        grid.setColumnStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.body)
        self.heading.toggled.connect(self._fold)
        self._fold(unfolded)

    def _fold(self, unfolded: bool) -> None:
        self.body.setVisible(unfolded)
        arrow = Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)

    def name(self, changed: int, words: str) -> None:
        """Say in the heading how many fields are changed."""
        self.heading.setText(f"{self.title}   {words.format(changed)}" if changed else self.title)
        self.heading.setAccessibleName(self.heading.text())


class Editor(QObject):
    """One field: a control, and its value as the recipe has it."""

    edited = Signal()

    def __init__(
        self, control: QWidget, value: Callable[[], Any], set_value: Callable[[Any], None]
    ) -> None:
        super().__init__(control)
        self.control = control
        self._value, self._set_value = value, set_value
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)

    def value(self) -> Any:
        """What is entered.

        Raises:
            ValueError: it is no value of this kind.
        """
        return self._value()

    def set_value(self, value: Any) -> None:
        """Show a value without telling."""
        self.control.blockSignals(True)
        self._set_value(value)
        self.control.blockSignals(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the form; it does not change what it happens to pass."""
        if event.type() == QEvent.Type.Wheel and not self.control.hasFocus():
            event.ignore()
            return True
        return False


class Number(QDoubleSpinBox):
    """Any number, 1e-07 too, written as short as can be."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(12)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setLocale(QLocale.c())

    def textFromValue(self, value: float) -> str:
        return f"{value:.10g}"

    def valueFromText(self, text: str) -> float:
        try:
            return float(text.removesuffix(self.suffix()).strip())
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        plain = text.removesuffix(self.suffix()).strip()
        try:
            inside = self.minimum() <= float(plain) <= self.maximum()
        except ValueError:
            inside = False
        state = QValidator.State.Acceptable if inside else QValidator.State.Intermediate
        return state, text, position


def editor_of(field: FieldInfo, unit: str) -> Editor:
    """The control for a field."""
    kind = field.annotation
    suffix = f" {unit}" if unit else ""
    if kind is bool:
        return _check()
    if get_origin(kind) is Literal:
        return _choice(list(get_args(kind)))
    low, high = _ends(field)
    if kind is int:
        return _whole(int(low) if math.isfinite(low) else -_MOST, int(min(high, _MOST)), suffix)
    if kind is float:
        return _number(low, high, suffix)
    if kind is str:
        return _text()
    inner = get_args(kind)
    if get_origin(kind) is list:
        return _list(_LISTED.get(inner, str), unit)
    if set(inner) - {type(None), float}:
        return _several()
    return _maybe(unit)


def words_of(name: str) -> tuple[str, str]:
    """A field's name for people, and its unit."""
    *rest, last = name.split("_")
    if last in _UNITS and rest:
        return " ".join(rest).capitalize(), _UNITS[last]
    return name.replace("_", " ").capitalize(), ""


def _ends(field: FieldInfo) -> tuple[float, float]:
    low, high = -math.inf, math.inf
    for rule in field.metadata:
        low = max(low, getattr(rule, "ge", -math.inf), getattr(rule, "gt", -math.inf))
        high = min(high, getattr(rule, "le", math.inf), getattr(rule, "lt", math.inf))
    return low, high


def _check() -> Editor:
    box = QCheckBox()
    editor = Editor(box, box.isChecked, box.setChecked)
    box.toggled.connect(lambda _: editor.edited.emit())
    return editor


def _choice(values: list[Any]) -> Editor:
    box = QComboBox()
    box.addItems([str(value) for value in values])
    editor = Editor(
        box, lambda: values[box.currentIndex()], lambda value: box.setCurrentText(str(value))
    )
    box.currentIndexChanged.connect(lambda _: editor.edited.emit())
    return editor


def _whole(low: int, high: int, suffix: str) -> Editor:
    box = QSpinBox()
    box.setRange(low, high)
    box.setSuffix(suffix)
    box.setStepType(QSpinBox.StepType.AdaptiveDecimalStepType)
    editor = Editor(box, box.value, lambda value: box.setValue(min(int(value), _MOST)))
    box.valueChanged.connect(lambda _: editor.edited.emit())
    return editor


def _number(low: float, high: float, suffix: str) -> Editor:
    box = Number()
    box.setRange(max(low, -1e12), min(high, 1e12))
    box.setSuffix(suffix)
    editor = Editor(box, box.value, box.setValue)
    box.valueChanged.connect(lambda _: editor.edited.emit())
    return editor


def _line(placeholder: str) -> QLineEdit:
    line = QLineEdit()
    line.setPlaceholderText(placeholder)
    return line


def _text() -> Editor:
    line = _line("")
    editor = Editor(line, line.text, line.setText)
    line.textChanged.connect(lambda _: editor.edited.emit())
    return editor


def _several() -> Editor:
    """One number, or several with commas between them."""
    listed = _list(float, "")

    def value() -> Any:
        found = listed.value()
        return found[0] if len(found) == 1 else found

    def show(value: Any) -> None:
        listed.set_value(value if isinstance(value, list) else [value])

    editor = Editor(listed.control, value, show)
    listed.edited.connect(editor.edited)
    return editor


def _list(kind: type[float] | type[int] | type[str], unit: str) -> Editor:
    line = _line(f"{unit or 'values'}, separated by commas")

    def value() -> list[Any]:
        return [kind(part.strip()) for part in line.text().split(",") if part.strip()]

    def show(values: list[Any]) -> None:
        line.setText(", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values))

    editor = Editor(line, value, show)
    line.textChanged.connect(lambda _: editor.edited.emit())
    return editor


def _maybe(unit: str) -> Editor:
    line = _line(f"none ({unit})" if unit else "none")

    def value() -> float | None:
        return float(line.text()) if line.text().strip() else None

    editor = Editor(line, value, lambda v: line.setText("" if v is None else f"{v:g}"))
    line.textChanged.connect(lambda _: editor.edited.emit())
    return editor
