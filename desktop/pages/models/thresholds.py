"""Editor of the thresholds and the smoothing of a classifier."""

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.pages.models.worker import Adjustment

_STEPS = 100
_REACH = 40  # steps of the sensitivity to each side
_MOST_SHIFT = 3.0  # at its ends, in natural log odds: a threshold of 0.5 becomes 0.05 or 0.95
_WAIT_MS = 250
_COLUMNS = 2
_GAP, _BETWEEN, _LEAST_SLIDER = 10, 16, 80  # pixels
_MOST_SMOOTHING = 30.0


def shifted(threshold: float, sensitivity: float) -> float:
    """A threshold as a sensitivity from -1 to 1 moves it, 0 to 1: by odds, so that none passes."""
    if not 0.0 < threshold < 1.0:
        return threshold
    odds = math.log(threshold / (1 - threshold)) - _MOST_SHIFT * sensitivity
    return round(1 / (1 + math.exp(-odds)), 4)


def sensitivity_of(original: float, threshold: float) -> float:
    """The sensitivity that makes one threshold of the other, from -1 to 1."""
    if not (0.0 < original < 1.0 and 0.0 < threshold < 1.0):
        return 0.0
    before, now = (math.log(t / (1 - t)) for t in (original, threshold))
    return max(-1.0, min(1.0, (before - now) / _MOST_SHIFT))


def _faint(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("faint")
    return label


class _Spin(QDoubleSpinBox):
    """Turning the wheel over it scrolls the page, unless one is in it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


class _Slider(QSlider):
    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


class _Row:
    """Name, slider and number of one label's threshold."""

    def __init__(self, words: str) -> None:
        self.value = 0.0  # with all its digits until it is changed
        self.slider = _Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the number beside takes keys
        self.slider.setMinimumWidth(_LEAST_SLIDER)
        self.spin = _Spin()
        self.spin.setRange(0.0, 1.0)
        self.spin.setSingleStep(0.01)
        self.spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for control in (self.slider, self.spin):
            control.setAccessibleName(words)
        self.slider.valueChanged.connect(lambda value: self.spin.setValue(value / _STEPS))
        self.spin.valueChanged.connect(self._follow)

    def _follow(self, value: float) -> None:
        self.value = value
        blocker = QSignalBlocker(self.slider)
        self.slider.setValue(round(value * _STEPS))
        blocker.unblock()

    def show_value(self, value: float) -> None:
        blocker = QSignalBlocker(self.spin)
        self.spin.setValue(value)
        blocker.unblock()
        self._follow(value)


class Thresholds(QWidget):
    """Tells ``changed`` a moment after the last change, and ``reset`` when the card shall rule.

    ``tried`` tells each setting at once, also while a slider moves.
    """

    changed = Signal(str, object)
    tried = Signal(str, object)
    reset = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self._smoothing_seconds = 0.0
        self.rows: dict[str, _Row] = {}
        self._names: dict[str, QLabel] = {}
        self._columns = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._tell)
        self._original: dict[str, float] = {}
        self._holder = QWidget()
        self._area = QWidget()  # what is folded away
        inside = QVBoxLayout(self._area)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._holder)
        self.sensitivity = self._sensitivity()
        self.more = QToolButton()
        self.more.setObjectName("section")
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._unfold)
        self.smoothing = self._smoothing()
        self.reset_button = QPushButton(self.tr("Reset"))
        self.reset_button.setAccessibleName(self.tr("Reset thresholds and smoothing"))
        self.reset_button.setToolTip(
            self.tr("Return to the thresholds and smoothing of the model card")
        )
        self.reset_button.clicked.connect(self._reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._head())
        layout.addWidget(self._area)
        self._unfold(False)

    def _sensitivity(self) -> QSlider:
        """One slider for all labels: their thresholds as on the card, or all lower or higher."""
        slider = _Slider(Qt.Orientation.Horizontal)
        slider.setRange(-_REACH, _REACH)
        slider.setPageStep(_REACH // 4)
        slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        slider.setAccessibleName(self.tr("Sensitivity"))
        slider.setToolTip(
            self.tr("To the right more labels are reported, to the left only the most certain ones")
        )
        slider.valueChanged.connect(self._shift)
        return slider

    def _shift(self, place: int) -> None:
        """All thresholds lower (to the right) or higher than on the card."""
        for label, row in self.rows.items():
            row.show_value(shifted(self._original.get(label, row.value), place / _REACH))
        self._change()

    def _show_sensitivity(self) -> None:
        """Where the slider stands for the thresholds that are in force: their middle."""
        places = sorted(
            sensitivity_of(self._original[label], row.value)
            for label, row in self.rows.items()
            if label in self._original
        )
        blocker = QSignalBlocker(self.sensitivity)
        middle = places[len(places) // 2] if places else 0.0
        self.sensitivity.setValue(round(_REACH * middle))
        blocker.unblock()

    def _unfold(self, on: bool) -> None:
        """Show the threshold of each label, or fold them away."""
        self.more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.more.setText(self.tr("Threshold of each label"))
        self._area.setVisible(on)

    def _smoothing(self) -> QDoubleSpinBox:
        spin = _Spin()
        spin.setRange(0.0, _MOST_SMOOTHING)
        spin.setSingleStep(0.1)
        spin.setSuffix(self.tr(" s"))
        spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        spin.setAccessibleName(self.tr("Smoothing in seconds"))
        spin.setToolTip(
            self.tr("Time constant of the smoothing: higher values are steadier but slower")
        )
        spin.valueChanged.connect(self._smooth)
        return spin

    def _head(self) -> QVBoxLayout:
        title = QLabel(self.tr("Thresholds and smoothing"))
        title.setObjectName("title")
        words = self.tr(
            "A label is reported when its probability reaches its threshold. Changes apply at once."
        )
        hint = QLabel(words)
        hint.setObjectName("faint")
        hint.setWordWrap(True)
        name = QLabel(self.tr("Smoothing"))
        name.setBuddy(self.smoothing)
        row = QHBoxLayout()
        for widget in (
            QLabel(self.tr("Sensitivity")),
            _faint(self.tr("less")),
            self.sensitivity,
            _faint(self.tr("more")),
        ):
            row.addWidget(widget, 1 if widget is self.sensitivity else 0)
        below = QHBoxLayout()
        below.addWidget(name)
        below.addWidget(self.smoothing)
        below.addStretch(1)
        below.addWidget(self.reset_button)
        head = QVBoxLayout()
        head.addWidget(title)
        head.addWidget(hint)
        head.addLayout(row)
        head.addLayout(below)
        head.addWidget(self.more)
        return head

    def show_card(
        self,
        name: str,
        labels: Sequence[str],
        choice: Adjustment,
        adjusted: bool,
        original: Mapping[str, float] | None = None,
    ) -> None:
        """Show what is in force for a classifier; ``original``: thresholds of its own card."""
        if self._timer.isActive() and name == self._name:
            return  # being changed: what is kept is older
        self.flush()
        self._name = name
        if list(self.rows) != list(labels):
            self._rebuild(labels)
        for label, row in self.rows.items():
            row.show_value(choice.thresholds[label])
        self._original = dict(original or choice.thresholds)
        self._show_sensitivity()
        self._smoothing_seconds = choice.smoothing_seconds or 0.0
        blocker = QSignalBlocker(self.smoothing)
        self.smoothing.setValue(self._smoothing_seconds)
        blocker.unblock()
        self.reset_button.setEnabled(adjusted)

    def _rebuild(self, labels: Sequence[str]) -> None:
        old, self._holder = self._holder, QWidget()
        self._holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.rows = {label: _Row(self.tr("Threshold of {}").format(label)) for label in labels}
        for row in self.rows.values():
            row.spin.valueChanged.connect(lambda _: self._one_changed())
        self._names = {label: QLabel(label.replace("&", "&&")) for label in labels}
        for label, name in self._names.items():
            name.setBuddy(self.rows[label].spin)
        grid = QGridLayout(self._holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(_GAP)
        grid.setVerticalSpacing(4)
        self._columns = 0
        self._arrange()
        layout = self._area.layout()
        if layout is not None:
            layout.replaceWidget(old, self._holder)
        old.hide()  # it would be seen below the new one until it is deleted
        old.deleteLater()

    def _arrange(self) -> None:
        """In two columns, where both fit."""
        grid = self._holder.layout()
        if not isinstance(grid, QGridLayout) or not self.rows:
            return
        name = max(name.sizeHint().width() for name in self._names.values())
        spin = max(row.spin.sizeHint().width() for row in self.rows.values())
        wide = name + _LEAST_SLIDER + spin + 2 * _GAP
        columns = _COLUMNS if self.width() >= _COLUMNS * wide + _BETWEEN + 2 * _GAP else 1
        if columns == self._columns:
            return
        self._columns = columns
        lines = -(-len(self.rows) // columns)
        for index, (label, row) in enumerate(self.rows.items()):
            line, column = index % lines, 4 * (index // lines)
            for place, widget in enumerate((self._names[label], row.slider, row.spin)):
                grid.removeWidget(widget)
                grid.addWidget(widget, line, column + place)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(5, columns - 1)
        grid.setColumnMinimumWidth(3, _BETWEEN * (columns - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    @property
    def pending(self) -> bool:
        """Whether a change still waits to be told."""
        return self._timer.isActive()

    def flush(self) -> None:
        """Tell a change that still waits."""
        if self._timer.isActive():
            self._timer.stop()
            self._tell()

    def _tell(self) -> None:
        self.reset_button.setEnabled(True)
        self.changed.emit(self._name, self._choice())

    def _choice(self) -> Adjustment:
        values = {label: row.value for label, row in self.rows.items()}
        return Adjustment(values, self._smoothing_seconds)

    def _change(self) -> None:
        self._timer.start()
        self.tried.emit(self._name, self._choice())

    def _smooth(self, seconds: float) -> None:
        self._smoothing_seconds = seconds
        self._change()

    def _one_changed(self) -> None:
        self._show_sensitivity()
        self._change()

    def _reset(self) -> None:
        self._timer.stop()
        self.reset.emit(self._name)
