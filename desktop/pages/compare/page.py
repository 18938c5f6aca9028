"""The Compare page: finished runs side by side, and sweeps."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QVBoxLayout,
)

from desktop import jobs
from desktop.pages.compare import worker
from desktop.pages.compare.details import DetailsView
from desktop.pages.compare.table import RunTable
from desktop.requests import ChooseRun, Request, ShowTraining
from desktop.session import Session
from desktop.settings import RUNS
from desktop.shared.button_menu import ButtonMenu
from desktop.shared.page import Page
from engine.training.runs.listing import FoundRun

_WAIT_MS = 120


class ComparePage(Page):
    """Runs are read in jobs, again whenever the page is shown."""

    compared = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self.folders = [Path(name) for name in session.settings.get(RUNS)]
        self._wanted: Path | None = None  # to be chosen once it is listed
        self._met = False  # whether there were runs before
        self.details = worker.Details()
        self._reading: jobs.Job | None = None
        self._finding: jobs.Job | None = None
        self._shown: list[FoundRun] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._read)
        self._build()
        self._connect()
        self._show_rows([])
        self._show(worker.Details())

    def _build(self) -> None:
        self.table = RunTable()
        self.view = DetailsView()
        self.empty = QLabel()
        self.empty.setObjectName("faint")
        self.empty.setWordWrap(True)
        self.train_button = QPushButton(self.tr("Train a classifier"))
        self.train_button.setObjectName("main")
        self.train_button.setToolTip(self.tr("Show the Train page"))
        self.train_button.clicked.connect(lambda: self._session.request(ShowTraining()))
        upper = QFrame()
        upper.setObjectName("panel")
        above = QVBoxLayout(upper)
        above.setContentsMargins(14, 10, 14, 10)
        above.addLayout(self._head())
        above.addWidget(self.empty)
        above.addWidget(self.train_button, 0, Qt.AlignmentFlag.AlignLeft)
        above.addWidget(self.table, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self.view)
        splitter.setSizes([240, 480])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(splitter, 1)

    def _head(self) -> QHBoxLayout:
        heading = QLabel(self.tr("Finished runs"))
        heading.setObjectName("title")
        self.folder_button = QPushButton(self.tr("Add folder..."))
        self.folders_button = QPushButton(self.tr("Folders"))
        self._folders_menu = QMenu(self.folders_button)
        self.folders_button.setMenu(self._folders_menu)
        self._list_folders()
        self.refresh_button = QPushButton(self.tr("Refresh"))
        self.report_button = QPushButton(self.tr("Open report"))
        self.page_button = QPushButton(self.tr("Save comparison..."))
        tips = {
            self.folder_button: self.tr("Also show the runs in another folder"),
            self.folders_button: self.tr("Added folders"),
            self.refresh_button: self.tr("Search the folders for runs again"),
            self.report_button: self.tr("Open the report of the selected run or sweep"),
            self.page_button: self.tr("Save the comparison of the selected runs as a web page"),
        }
        head = QHBoxLayout()
        head.addWidget(heading, 1)
        for button, words in tips.items():
            button.setAccessibleName(words)
            button.setToolTip(words)
            head.addWidget(button)
        return head

    def _connect(self) -> None:
        self.menu = ButtonMenu(
            self.table, [self.report_button, self.page_button, None, self.refresh_button]
        )
        self.table.chosen.connect(self._chosen)
        self.folder_button.clicked.connect(self._ask_folder)
        self.refresh_button.clicked.connect(self.refresh)
        self.report_button.clicked.connect(self.open_report)
        self.page_button.clicked.connect(self._ask_page)

    def refresh(self) -> None:
        """Look for finished runs again."""
        if self._finding is not None:
            self._finding.cancel()
        roots = [self._session.runs_folder, *self.folders]
        self._finding = jobs.run(
            lambda: worker.find_finished(roots),
            on_result=self._show_rows,
            on_error=self.notices.fail,
            parent=self,
        )

    def add_folder(self, folder: Path) -> None:
        """Also show the runs in this folder."""
        if folder not in self.folders:
            self.folders.append(folder)
            self._keep_folders()
        self.refresh()

    def forget_folder(self, folder: Path) -> None:
        """Show the runs in this folder no more; nothing is deleted."""
        self.folders.remove(folder)
        self._keep_folders()
        self.refresh()

    def _keep_folders(self) -> None:
        self._session.settings.set(RUNS, [str(folder) for folder in self.folders])
        self._list_folders()

    def _list_folders(self) -> None:
        self._folders_menu.clear()
        for folder in self.folders:
            words = self.tr("Remove {}").format(folder)
            action = self._folders_menu.addAction(words)
            action.triggered.connect(lambda _=False, gone=folder: self.forget_folder(gone))
        self.folders_button.setVisible(bool(self.folders))

    def take(self, request: Request) -> None:
        if isinstance(request, ChooseRun):
            self.choose(request.folder)

    def choose(self, folder: Path) -> None:
        """Choose a run or sweep, as soon as it is found."""
        self._wanted = folder
        self.refresh()

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder of runs"))
        if name:
            self.add_folder(Path(name))

    def _show_rows(self, rows: list[FoundRun]) -> None:
        self._finding = None
        for widget in (self.empty, self.train_button):
            widget.setVisible(not rows)
        self.empty.setText(
            self.tr(
                "Here runs are compared: their curves, figures and settings, and whether a "
                "difference is more than chance. There are no finished runs in {} yet. Train a "
                "classifier, or add a folder of runs."
            ).format(self._session.runs_folder)
        )
        self.table.setVisible(bool(rows))
        self.table.show_rows(rows)
        if self._wanted in {row.folder for row in rows}:
            self.table.choose([self._wanted])
            self._wanted = None
        elif rows and not self._met:
            self.table.choose(_newest(rows))
        self._met = self._met or bool(rows)

    def _chosen(self, rows: list[FoundRun]) -> None:
        runs = [row for row in rows if not row.is_sweep]
        self.page_button.setEnabled(len(runs) >= 2)
        self.report_button.setEnabled(len(rows) == 1 and rows[0].report.is_file())
        if rows != self._shown:
            self._timer.start()

    def _read(self) -> None:
        rows = self._shown = self.table.chosen_rows()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        runs = [row for row in rows if not row.is_sweep]
        sweep = next((row for row in rows if row.is_sweep), None)
        if not rows:
            self._show(worker.Details())
            return
        self.status.emit(self.tr("Reading..."))
        if not self.details.charts:
            self.view.show_details(self.details, self.tr("Reading the selection..."))
        self._reading = jobs.run(
            lambda: worker.read_details(runs, sweep),
            on_result=self._show,
            on_error=self._fail,
            parent=self,
        )

    def _show(self, details: worker.Details) -> None:
        self._reading = None
        self.status.emit("")
        self.details = details
        hint = self.tr(
            "Select two or more runs (Ctrl or Shift) to compare them, or select a sweep."
        )
        self.view.show_details(details, "" if details.charts else hint)
        self.compared.emit()

    def _fail(self, text: str) -> None:
        self._show(worker.Details())
        self.notices.fail(text)

    def open_report(self) -> None:
        """Open the report of what is chosen in the browser."""
        rows = self.table.chosen_rows()
        if rows:
            self._open(rows[0].report)

    def _open(self, page: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(page))):
            self.notices.fail(
                self.tr("No browser could be opened. The page is saved as {}.").format(page)
            )

    def _ask_page(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the comparison"), "comparison.html", self.tr("Web pages (*.html)")
        )
        if name:
            self.save_page(Path(name))

    def save_page(self, target: Path) -> None:
        """Write the comparison of the chosen runs as a page."""
        runs = [row.folder for row in self.table.chosen_rows() if not row.is_sweep]
        self._write(lambda: worker.write_page(runs, target), self.tr("Open"))

    def _write(self, work: Callable[[], Generator[Any, None, Path]], action: str = "") -> None:
        def done(path: Path) -> None:
            actions = [(action, lambda: self._open(path))] if action else []
            self.notices.notify(self.tr("Saved as {}.").format(path), actions, "success")

        jobs.run(work, on_result=done, on_error=self.notices.fail, parent=self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()


def _newest(rows: list[FoundRun]) -> list[Path]:
    """What one most likely looks for: the last sweep when it came last, else the last two runs."""
    whole = [row for row in rows if row.sweep is None]
    if whole and whole[0].is_sweep:
        return [whole[0].folder]
    return [row.folder for row in whole if not row.is_sweep][:2]
