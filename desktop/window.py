"""The main window: pages, menus, status bar, drops."""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QWidget,
)

from desktop import jobs, style
from desktop.about import About, CrashReport, Shortcuts
from desktop.pages.file.page import FilePage
from desktop.pages.listen.page import ListenPage
from desktop.pages.registry import COMPARE, FILE, LISTEN, MODELS, SOUNDS, TRAIN, Teaching
from desktop.rail import Rail
from desktop.session import Session
from desktop.settings import APPEARANCE, GEOMETRY, RECENT
from engine.export import EXPORTS
from resources import resource

_PLAIN = Qt.KeyboardModifier.NoModifier


class Window(QMainWindow):
    """One window; its pages are switched by the rail at the left."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setWindowTitle("Earmark")
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 600)
        self.listen_page = ListenPage(session)
        self.file_page = FilePage(session)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.listen_page)
        self._pages.addWidget(self.file_page)
        self.teaching = Teaching(session, self._pages)
        self._rail = Rail(
            [
                ("listen", self.tr("Listen")),
                ("file", self.tr("File")),
                ("sounds", self.tr("Sounds")),
                ("train", self.tr("Train")),
                ("compare", self.tr("Compare")),
                ("models", self.tr("Models")),
            ]
        )
        self._light = QLabel()
        self._words = QLabel()
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._rail)
        layout.addWidget(self._pages, 1)
        self.setCentralWidget(body)
        self._build_menus()
        self.statusBar().addWidget(self._words, 1)
        self.statusBar().addPermanentWidget(self._light)
        self._connect()
        self.resize(1280, 800)
        self.restoreGeometry(session.settings.get(GEOMETRY))
        self._show_light()
        self.show_page(LISTEN)

    def _connect(self) -> None:
        self.listen_page.status.connect(self._words.setText)
        self.listen_page.listening_changed.connect(lambda _: self._show_light())
        self.teaching.recording_changed.connect(self._show_light)
        self.listen_page.open_file.connect(self.open_file)
        self.file_page.exports.region_wanted.connect(self._choose_class)
        self.teaching.status.connect(self._words.setText)
        self.teaching.page_wanted.connect(self.show_page)
        self.teaching.open_file.connect(self.open_file)
        self.teaching.listen_wanted.connect(self._listen)
        self._rail.chosen.connect(self.show_page)
        self._session.recent_changed.connect(self._list_recent)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._restyle)
        jobs.on_crash(lambda report: CrashReport(self, report).open())

    def show_page(self, page: int) -> None:
        """Switch to a page."""
        self.teaching.page(page)
        self._pages.setCurrentIndex(page)
        self._rail.show_current(page)
        if page in (LISTEN, FILE):
            (
                self.listen_page if page == LISTEN else self.file_page
            ).setFocus()  # its keys work, Space foremost
        for action, pages in self._only_on.items():
            action.setEnabled(page in pages)
        for shown in (self.listen_page, self.file_page):
            shown.controls.reload()

    def open_file(self, path: Path) -> None:
        """Show a file on its page."""
        self.show_page(FILE)
        self.file_page.open(path)

    def open_demo(self) -> None:
        """Show the sound that Earmark brings along."""
        self.open_file(resource("sounds", "demo.ogg"))

    def _build_menus(self) -> None:
        bar = self.menuBar()
        file_menu = bar.addMenu(self.tr("&File"))
        self._add(file_menu, self.tr("&Open..."), "Ctrl+O", self._choose)
        self._recent = file_menu.addMenu(self.tr("Open &recent"))
        self._add(file_menu, self.tr("Open the &demo sound"), "", self.open_demo)
        export = file_menu.addMenu(self.tr("&Export"))
        for form in EXPORTS.values():
            keys = "Ctrl+E" if form.name == "csv" else ""
            self._add(
                export,
                form.words,
                keys,
                lambda chosen=form.name: self.file_page.exports.export(chosen),
            )
        file_menu.addSeparator()
        self._add(file_menu, self.tr("&Quit"), "Ctrl+Q", self.close)
        view = bar.addMenu(self.tr("&View"))
        self._add(view, self.tr("&Listen"), "Ctrl+1", lambda: self.show_page(LISTEN))
        self._add(view, self.tr("&File"), "Ctrl+2", lambda: self.show_page(FILE))
        self._add(view, self.tr("&Sounds"), "Ctrl+3", lambda: self.show_page(SOUNDS))
        self._add(view, self.tr("&Train"), "Ctrl+4", lambda: self.show_page(TRAIN))
        self._add(view, self.tr("&Compare"), "Ctrl+5", lambda: self.show_page(COMPARE))
        self._add(view, self.tr("&Models"), "Ctrl+6", lambda: self.show_page(MODELS))
        self._add_appearance(view.addMenu(self.tr("&Appearance")))
        self._add_sound_actions(bar.addMenu(self.tr("&Sound")))
        help_menu = bar.addMenu(self.tr("&Help"))
        self._add(help_menu, self.tr("&Shortcuts"), "F1", lambda: Shortcuts(self).open())
        self._add(help_menu, self.tr("&About Earmark"), "", lambda: About(self).open())
        self._list_recent()

    def _add_sound_actions(self, menu: QMenu) -> None:
        """Keys without Ctrl: only where they mean something, elsewhere they press buttons."""
        page = self.listen_page
        here = (
            (self.tr("&Listen or play"), "Space", self._space, (LISTEN, FILE)),
            (self.tr("&Record"), "R", self._record, (LISTEN,)),
            (self.tr("&Keep the last 30 seconds"), "K", page.keep, (LISTEN,)),
            (self.tr("&Freeze the picture"), "F", self._freeze, (LISTEN,)),
            (self.tr("&Why?"), "W", self._why, (LISTEN, FILE)),
            (self.tr("L&oop"), "L", self.file_page.header.loop_button.toggle, (FILE,)),
            (self.tr("Look for &microphones"), "F5", page.find_devices, (LISTEN,)),
        )
        self._only_on = {self._add(menu, words, keys, do): pages for words, keys, do, pages in here}

    def _add(self, menu: QMenu, words: str, keys: str, do: object) -> QAction:
        action = menu.addAction(words)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _=False: do())  # type: ignore[operator]
        return action

    def _add_appearance(self, menu: QMenu) -> None:
        group = QActionGroup(self)
        chosen = self._session.settings.get(APPEARANCE)
        names = {
            "system": self.tr("As the &system"),
            "light": self.tr("&Light"),
            "dark": self.tr("&Dark"),
        }
        for appearance, words in names.items():
            action = self._add(menu, words, "", lambda name=appearance: self.set_appearance(name))
            action.setCheckable(True)
            action.setChecked(appearance == chosen)
            group.addAction(action)

    def set_appearance(self, appearance: str) -> None:
        """System, light or dark."""
        self._session.settings.set(APPEARANCE, appearance)
        self._restyle()

    def _restyle(self) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            hints = QGuiApplication.styleHints()
            hints.colorSchemeChanged.disconnect(self._restyle)
            style.apply(application, self._session.settings.get(APPEARANCE))
            hints.colorSchemeChanged.connect(self._restyle)
        self._rail.colour()
        self._show_light()

    def _show_light(self) -> None:
        use, on = style.colours(), self.listen_page.is_listening or self.teaching.recording
        words = self.tr("Microphone open") if on else self.tr("Microphone closed")
        colour = use.danger if on else use.faint
        self._light.setText(f"<span style='color:{colour}'>&#9679;</span>  {words}")

    def _list_recent(self) -> None:
        self._recent.clear()
        for name in self._session.settings.get(RECENT):
            self._add(self._recent, Path(name).name, "", lambda p=name: self.open_file(Path(p)))
        self._recent.setEnabled(not self._recent.isEmpty())

    def _choose(self) -> None:
        self.show_page(FILE)
        self.file_page.choose()

    def _choose_class(self, path: Path, start: float, end: float) -> None:
        """Ask which class a stretch of a file is of, and take it among the sounds."""
        words = self.tr("Class of the selected sound:")
        title, names = self.tr("Add to the sounds"), self.teaching.class_names()
        label, chosen = QInputDialog.getItem(self, title, words, names, 0, True)
        if chosen and label.strip():
            self.teaching.add_region(path, start, end, label.strip())

    def _space(self) -> None:
        if self._pages.currentIndex() == LISTEN:
            self.listen_page.toggle()
        elif self.file_page.header.play_button.isEnabled():
            self.file_page.play()

    def _listen(self) -> None:
        """Show the Listen page with an open microphone."""
        self.show_page(LISTEN)
        if not self.listen_page.is_listening:
            self.listen_page.start()

    def _why(self) -> None:
        if self._pages.currentIndex() == FILE:
            self.file_page.explainer.ask()
        else:
            self.listen_page.explainer.ask()

    def event(self, event: QEvent) -> bool:
        """A control that has the keyboard gets the keys it knows before the menu does."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            focused, key = QApplication.focusWidget(), event.key()
            plain = event.modifiers() in (_PLAIN, Qt.KeyboardModifier.ShiftModifier)
            presses = isinstance(focused, QAbstractButton) and key == Qt.Key.Key_Space
            types = isinstance(focused, QComboBox) and key <= Qt.Key.Key_AsciiTilde
            if plain and (presses or types):
                event.accept()
                return True
        return super().event(event)

    def _record(self) -> None:
        self.listen_page.record(not self.listen_page.bar.record.isChecked())

    def _freeze(self) -> None:
        self.listen_page.bar.freeze.toggle()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_file(Path(paths[0]))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._rail.colour()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.teaching.may_close(self):
            event.ignore()
            return
        self.teaching.stop()
        self._session.settings.set(GEOMETRY, self.saveGeometry())
        self.listen_page.stop()
        self.file_page.transport.pause()
        jobs.cancel_all()
        super().closeEvent(event)
