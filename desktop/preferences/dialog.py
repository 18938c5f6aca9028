"""The Preferences: four pages, each change in force at once."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTabWidget, QVBoxLayout, QWidget

from desktop.preferences.computing import ComputingPage
from desktop.preferences.general import GeneralPage
from desktop.preferences.privacy import PrivacyPage
from desktop.preferences.sound import SoundPage
from desktop.requests import UseMicrophone
from desktop.session import Session

_SIZE = 560, 430


class Preferences(QDialog):
    """Opened by Edit, Preferences.

    Args:
        session: whose settings they are.
        parent: the window.
    """

    appearance_chosen = Signal(str)
    units_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Preferences"))
        self.general = GeneralPage(session)
        self.sound = SoundPage(session.settings)
        self.computing = ComputingPage(session.settings)
        self.privacy = PrivacyPage(session)
        self.pages = QTabWidget()
        self.pages.tabBar().setAccessibleName(self.tr("Pages of the preferences"))
        for page, words in (
            (self.general, self.tr("General")),
            (self.sound, self.tr("Sound")),
            (self.computing, self.tr("Computing")),
            (self.privacy, self.tr("Privacy")),
        ):
            self.pages.addTab(page, words)
        self.general.appearance_chosen.connect(self.appearance_chosen)
        self.general.units_changed.connect(self.units_changed)
        self.sound.microphone_changed.connect(lambda: session.request(UseMicrophone()))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages, 1)
        layout.addWidget(buttons)
        self.resize(*_SIZE)
