"""Preferences, General: appearance, units and where recordings go."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from desktop.preferences.form import Form
from desktop.session import Session
from desktop.settings import APPEARANCE, DECIBELS, NOTES, RECORDINGS
from desktop.widgets.controls import Elided


class GeneralPage(Form):
    """The first page."""

    appearance_chosen = Signal(str)
    units_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session.settings)
        self._session = session
        appearances = {
            "system": self.tr("Same as the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        self.appearance = self.chooser(APPEARANCE, appearances)
        self.appearance.currentIndexChanged.connect(
            lambda _: self.appearance_chosen.emit(self.appearance.currentData())
        )
        self.frequency = self.chooser(NOTES, {False: self.tr("Hertz"), True: self.tr("Notes")})
        self.amplitude = self.chooser(
            DECIBELS, {False: self.tr("Full scale (-1 to 1)"), True: self.tr("Decibels (dBFS)")}
        )
        for box in (self.frequency, self.amplitude):
            box.currentIndexChanged.connect(lambda _: self.units_changed.emit())
        self.add(self.tr("Appearance"), self.appearance)
        self.add(self.tr("Frequency axis"), self.frequency)
        self.add(self.tr("Waveform"), self.amplitude)
        self.add(self.tr("Recordings go to"), self._place())
        self._show_folder()

    def _place(self) -> QWidget:
        self.folder = Elided("")
        self.choose = QPushButton(self.tr("Choose..."))
        self.choose.setAccessibleName(self.tr("Choose the folder of recordings"))
        self.choose.clicked.connect(self._ask)
        self.usual = QPushButton(self.tr("Default"))
        self.usual.setAccessibleName(self.tr("Use the default folder of recordings"))
        self.usual.clicked.connect(lambda: self.set_folder(None))
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.folder, 1)
        row.addWidget(self.choose)
        row.addWidget(self.usual)
        return place

    def _ask(self) -> None:
        title, start = self.tr("Folder of recordings"), str(self._session.recordings_folder)
        if name := QFileDialog.getExistingDirectory(self, title, start):
            self.set_folder(Path(name))

    def set_folder(self, folder: Path | None) -> None:
        """Where recordings go from now on; None: the default folder."""
        self._session.settings.set(RECORDINGS, "" if folder is None else str(folder))
        self._show_folder()

    def _show_folder(self) -> None:
        self.folder.setText(str(self._session.recordings_folder))
        self.usual.setEnabled(bool(self._session.settings.get(RECORDINGS)))
