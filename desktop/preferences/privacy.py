"""Preferences, Privacy: what leaves the computer (nothing), and what is kept on it."""

from collections.abc import Callable

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton

from desktop import jobs
from desktop.crash import delete_reports, reports
from desktop.preferences import worker
from desktop.preferences.form import Form
from desktop.session import Session
from desktop.settings import PROJECTS, RECENT, REMEMBER, settings_file

_MEGA = 1e6


class PrivacyPage(Form):
    """Each thing that is kept, with the button that deletes it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.settings)
        self._session = session
        words = QLabel(
            self.tr(
                "Nothing leaves this computer: Earmark has no account, sends no statistics and "
                "never asks the network. The microphone is open only while the red light in the "
                "lower right corner is on."
            )
        )
        words.setWordWrap(True)
        self.rows.addRow(words)
        self.remember = QCheckBox(self.tr("Remember the files and data sets that were opened"))
        self.remember.setChecked(bool(session.settings.get(REMEMBER)))
        self.remember.toggled.connect(self._choose)
        self.rows.addRow(self.remember)
        self.forget = self._button(self.tr("Forget them now"), self._forget)
        self.cache = self._button(self.tr("Empty the cache of computed features"), self._empty)
        self.errors = self._button(self.tr("Delete the error reports"), self._delete)
        self.place = self._button(self.tr("Show the settings' folder"), self._show_place)
        self._refresh()
        jobs.run(worker.look_at_cache, on_result=self.show_cache, parent=self)

    def _button(self, words: str, do: Callable[[], None]) -> QPushButton:
        button = QPushButton(words)
        button.clicked.connect(lambda _=False: do())
        self.rows.addRow(button)
        return button

    def _refresh(self) -> None:
        get = self._session.settings.get
        self.forget.setEnabled(bool(get(RECENT) or get(PROJECTS)))
        count = len(reports())
        self.errors.setText(self.tr("Delete the error reports ({})").format(count))
        self.errors.setEnabled(bool(count))

    def show_cache(self, size_bytes: int) -> None:
        """Say how much there is to be deleted."""
        words = self.tr("Empty the cache of computed features ({:.0f} MB)")
        self.cache.setText(words.format(size_bytes / _MEGA))
        self.cache.setEnabled(size_bytes > 0)

    def _choose(self, on: bool) -> None:
        self._session.settings.set(REMEMBER, on)
        if not on:
            self._forget()

    def _forget(self) -> None:
        self._session.forget()
        self._refresh()

    def _empty(self) -> None:
        self.cache.setEnabled(False)
        jobs.run(worker.empty_cache, on_result=self.show_cache, parent=self)

    def _delete(self) -> None:
        delete_reports()
        self._refresh()

    def _show_place(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(settings_file().parent)))
