"""The right control for each kind of field of a recipe."""

import math
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import QEvent, QLocale, QObject, Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

_UNITS = {
    "hz": "Hz",
    "samples": "samples",
    "dbfs": "dBFS",
    "db": "dB",
    "seconds": "s",
    "semitones": "semitones",
}
_MOST = 2**31 - 1


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
        return _choice([str(value) for value in get_args(kind)])
    low, high = _ends(field)
    if kind is int:
        return _whole(int(low) if math.isfinite(low) else -_MOST, int(min(high, _MOST)), suffix)
    if kind is float:
        return _number(low, high, suffix)
    if kind is str:
        return _text()
    inner = get_args(kind)
    if get_origin(kind) is list:
        return _list(float if inner == (float,) else str, unit)
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


def _choice(values: list[str]) -> Editor:
    box = QComboBox()
    box.addItems(values)
    editor = Editor(box, box.currentText, box.setCurrentText)
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


def _list(kind: type[float] | type[str], unit: str) -> Editor:
    line = _line(f"{unit or 'values'}, with commas")

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
