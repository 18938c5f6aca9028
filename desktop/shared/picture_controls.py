"""What the picture of the Listen and File pages shows: choosers, kept in the settings."""

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from desktop.settings import (
    COLOURS,
    DB_HIGH,
    DB_LOW,
    NOTES,
    SCALE,
    VIEW,
    WAVEFORM_ONLY,
    Setting,
    Settings,
)
from desktop.style import COLOUR_MAPS


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tracks", text)


class PictureControls(QWidget):
    """Choosers of what the picture shows; shared by both pages through the settings."""

    picture_changed = Signal()
    colours_changed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        kinds = {
            "stft": _tr("Spectrum"),
            "mel": _tr("Mel bands"),
            "mfcc": _tr("MFCC"),
            "chroma": _tr("Chroma"),
            WAVEFORM_ONLY: _tr("Waveform only"),
        }
        scales = {"mel": _tr("Mel scale"), "log": _tr("Log scale"), "linear": _tr("Linear scale")}
        maps = {name: name.capitalize() for name in COLOUR_MAPS}
        self.kind = self._chooser(_tr("Content of the picture"), kinds, VIEW)
        self.scale = self._chooser(_tr("Frequency scale"), scales, SCALE)
        self.map = self._chooser(_tr("Colour map"), maps, COLOURS)
        self.notes = QCheckBox(_tr("Notes"))
        self.notes.setToolTip(_tr("Note names instead of Hz on the frequency axis"))
        self.notes.setAccessibleName(_tr("Note names"))
        self.notes.setChecked(bool(settings.get(NOTES)))
        self.notes.toggled.connect(self._keep_notes)
        self.low = self._level(_tr("Level of the darkest colour in dB"), DB_LOW)
        self.high = self._level(_tr("Level of the brightest colour in dB"), DB_HIGH)
        for widget in (self.kind, self.scale, self.notes, self.map):
            layout.addWidget(widget)
        layout.addWidget(self.low)
        layout.addWidget(QLabel(_tr("to")))
        layout.addWidget(self.high)
        self._enable()

    def reload(self) -> None:
        """Show what the other page may have chosen."""
        for box, setting in ((self.kind, VIEW), (self.scale, SCALE), (self.map, COLOURS)):
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(self._settings.get(setting))))
            box.blockSignals(False)
        for spin, setting in ((self.low, DB_LOW), (self.high, DB_HIGH)):
            spin.blockSignals(True)
            spin.setValue(self._settings.get(setting))
            spin.blockSignals(False)
        self.notes.blockSignals(True)
        self.notes.setChecked(bool(self._settings.get(NOTES)))
        self.notes.blockSignals(False)
        self._enable()

    def _chooser(self, words: str, choices: dict[str, str], setting: Setting) -> QComboBox:
        box = QComboBox()
        for value, name in choices.items():
            box.addItem(name, value)
        box.setCurrentIndex(max(0, box.findData(self._settings.get(setting))))
        box.setToolTip(words)
        box.setAccessibleName(words)
        box.currentIndexChanged.connect(lambda _: self._keep(setting, box.currentData()))
        return box

    def _level(self, words: str, setting: Setting) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(-120, 20)
        spin.setSingleStep(5)
        spin.setSuffix(" dB")
        spin.setFixedWidth(84)
        spin.setValue(self._settings.get(setting))
        spin.setToolTip(words)
        spin.setAccessibleName(words)
        spin.valueChanged.connect(lambda value: self._keep(setting, value))
        return spin

    def _keep(self, setting: Setting, value: object) -> None:
        self._settings.set(setting, value)
        self._enable()
        picture = setting in (VIEW, SCALE)
        (self.picture_changed if picture else self.colours_changed).emit()

    def _keep_notes(self, on: bool) -> None:
        self._settings.set(NOTES, on)
        self.colours_changed.emit()

    def _enable(self) -> None:
        kind = self.kind.currentData()
        self.scale.setEnabled(kind == "stft")
        self.map.setEnabled(kind != WAVEFORM_ONLY)
        self.notes.setEnabled(kind in ("stft", "mel"))
        for spin in (self.low, self.high):
            spin.setEnabled(kind in ("stft", "mel"))
