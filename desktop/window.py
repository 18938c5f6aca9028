"""The main window: pages, menus, status bar, drops."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QEvent, Qt
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
    QLabel,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QWidget,
)

from desktop import jobs, style
from desktop.crash import crash_file, reports
from desktop.manual.dialog import Manual
from desktop.menus.about import About, CrashReport, EarlierReports, Shortcuts, WhatsNew
from desktop.menus.classifiers import ClassifiersMenu
from desktop.menus.edit import EditMenu
from desktop.pages import PAGES
from desktop.plots import export
from desktop.preferences.dialog import Preferences
from desktop.rail import Rail
from desktop.requests import ExportPredictions, OpenArchive, OpenFile, Request
from desktop.session import Session
from desktop.settings import APPEARANCE, GEOMETRY, LABELS, PAGE, RECENT
from desktop.shared.page import Page
from desktop.shared.tracks import Tracks
from desktop.watching.dialog import WatchDialog
from desktop.watching.watchers import Watchers
from desktop.widgets.toasts import Toasts
from engine.archive.names import is_database
from engine.export import EXPORTS
from resources import documentation, resource

# Keys without Ctrl, in the Sound menu. A page says which of them it knows (`Page.commands`): they
# work where they mean something, elsewhere they press buttons.
COMMANDS = {
    "play": (QT_TRANSLATE_NOOP("Commands", "&Listen or play"), "Space"),
    "record": (QT_TRANSLATE_NOOP("Commands", "&Record"), "R"),
    "keep": (QT_TRANSLATE_NOOP("Commands", "&Keep the last 30 seconds"), "K"),
    "freeze": (QT_TRANSLATE_NOOP("Commands", "&Freeze the picture"), "F"),
    "why": (QT_TRANSLATE_NOOP("Commands", "&Why?"), "W"),
    "correct": (QT_TRANSLATE_NOOP("Commands", "&Correct..."), "C"),
    "loop": (QT_TRANSLATE_NOOP("Commands", "L&oop"), "L"),
    "next": (QT_TRANSLATE_NOOP("Commands", "&Next file of the list"), "Ctrl+PgDown"),
    "previous": (QT_TRANSLATE_NOOP("Commands", "&Previous file of the list"), "Ctrl+PgUp"),
    "stage": (QT_TRANSLATE_NOOP("Commands", "&Answer in full screen"), "F11"),
    "devices": (QT_TRANSLATE_NOOP("Commands", "Search for &microphones"), "F5"),
}
_PLAIN = Qt.KeyboardModifier.NoModifier
_USUAL = 1280, 800
_MOST_LABELS = 500  # as many as the settings hold
_TITLE_BAR = 40  # pixels that the system adds to a window, at most


class Window(QMainWindow):
    """One window; its pages are switched by the rail at the left.

    Args:
        session: what all pages share.
        first: the page that is shown at once; the others are made when they are wanted.
    """

    def __init__(self, session: Session, first: str = "listen") -> None:
        super().__init__()
        self._session = session
        self.setWindowTitle("Earmark")
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 600)
        self.current = first
        self._made: dict[str, Page] = {}
        self._pages = QStackedWidget()
        for _ in PAGES:
            self._pages.addWidget(QWidget())  # keeps the place
        self._rail = Rail()
        self._light = QLabel()
        self._words = QLabel()
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._rail)
        layout.addWidget(self._pages, 1)
        self.setCentralWidget(body)
        self.toasts = Toasts(session.messages, self._pages)
        self._commands: dict[str, QAction] = {}
        self.watchers = Watchers(session)
        self._build_menus()
        self.statusBar().addWidget(self._words, 1)
        self.statusBar().addPermanentWidget(self._light)
        self._connect()
        self._resize_to_screen()
        self.restoreGeometry(session.settings.get(GEOMETRY))
        self._show_light()
        self.show_page(first)

    def _resize_to_screen(self) -> None:
        """The usual size, or what the screen has room for with the title bar."""
        room = self.screen().availableGeometry()
        width, height = _USUAL
        self.resize(min(width, room.width()), min(height, room.height() - _TITLE_BAR))

    def _connect(self) -> None:
        self._rail.chosen.connect(self.show_page)
        self._session.requested.connect(self._bring)
        self.watchers.microphone.changed.connect(self._show_light)
        self._session.recent_changed.connect(self._list_recent)
        self.toasts.focus_left.connect(lambda: self.page(self.current).setFocus())
        export.announcer.written.connect(self._tell_written)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._restyle)
        crash_file.show = self._show_report
        jobs.show_reports(self._keep_report)

    def _keep_report(self, report: str) -> None:
        crash_file.write(report)
        self._show_report(report)

    def _show_report(self, report: str) -> None:
        """Show what nobody caught; what goes wrong again and again is shown once."""
        if self.findChild(CrashReport) is None:
            CrashReport(self, report).open()

    def offer_report(self, report: Path | None) -> None:
        """Offer the report of a window that did not end well the last time, if there is one."""
        if report is not None:
            self._session.notify(
                self.tr("Earmark ended unexpectedly the last time. A report was kept."),
                [(self.tr("Show the report"), self._show_reports)],
                kind="warning",
            )

    def _show_reports(self) -> None:
        EarlierReports(self, reports()).open()

    def _tell_written(self, path: Path) -> None:
        self._session.notify(self.tr("Saved as {}.").format(path), kind="success")

    def page(self, key: str) -> Page:
        """A page of the table; made now if it was not yet."""
        if key not in self._made:
            page = self._made[key] = PAGES[key].make(self._session)
            page.status.connect(self._words.setText)
            page.microphone_changed.connect(self._show_light)
            place = list(PAGES).index(key)
            empty = self._pages.widget(place)
            if empty is not None:
                self._pages.removeWidget(empty)
                empty.deleteLater()
            self._pages.insertWidget(place, page)
        return self._made[key]

    def show_page(self, key: str) -> None:
        """Switch to a page."""
        page = self.page(key)
        self.current = key
        self._pages.setCurrentWidget(page)
        self._rail.show_current(key)
        self.toasts.show_page(key)
        self._session.settings.set(PAGE, key)
        for name, action in self._commands.items():
            action.setEnabled(name in page.commands)
        page.enter()

    def _bring(self, request: Request) -> None:
        """Bring a request to its page."""
        page = self.page(request.page)
        if request.shows:
            self.show_page(request.page)
        page.take(request)

    def open_file(self, path: Path, more: Sequence[Path] = ()) -> None:
        """Show a file on its page, and list others that were opened with it."""
        if is_database(path):
            self._bring(OpenArchive(path))
        else:
            self._bring(OpenFile(path, tuple(more)))

    def open_demo(self, *, show: bool = True) -> None:
        """Open the demo sound that comes with Earmark; without showing its page, if one likes."""
        request = OpenFile(resource("sounds", "demo.ogg"))
        if show:
            self._bring(request)
        else:
            self.page(request.page).take(request)

    def _build_menus(self) -> None:
        bar = self.menuBar()
        self._fill_file_menu(bar.addMenu(self.tr("&File")))
        self.edit_menu = EditMenu(lambda: self.page(self.current), self.show_preferences)
        bar.addMenu(self.edit_menu)
        view = bar.addMenu(self.tr("&View"))
        for key, entry in PAGES.items():
            self._add(view, f"&{entry.title}", entry.keys, partial(self.show_page, key))
        self._add(view, self.tr("&Latest message"), "F6", self.toasts.focus_newest)
        self._add_appearance(view.addMenu(self.tr("&Appearance")))
        sound = bar.addMenu(self.tr("&Sound"))
        for name, (words, keys) in COMMANDS.items():
            title = QCoreApplication.translate("Commands", str(words))
            self._commands[name] = self._add(sound, title, keys, partial(self._command, name))
        sound.addSeparator()
        self.classifiers_menu = ClassifiersMenu(self._session, self)
        sound.addMenu(self.classifiers_menu)
        self._fill_help_menu(bar.addMenu(self.tr("&Help")))
        self._list_recent()

    def _fill_help_menu(self, menu: QMenu) -> None:
        documents = documentation()
        manual = self._add(menu, self.tr("&Manual"), "", self.show_manual)
        self._add(menu, self.tr("&Shortcuts"), "F1", lambda: Shortcuts(self).open())
        news = self._add(menu, self.tr("What's &new"), "", self._show_news)
        for action in (manual, news):
            action.setEnabled(documents is not None)
        menu.addSeparator()
        self._add(menu, self.tr("&Error reports"), "", self._show_reports)
        self._add(menu, self.tr("&About Earmark"), "", lambda: About(self).open())

    def show_manual(self) -> None:
        """Open the manual where it is about the page that is shown."""
        if (documents := documentation()) is not None:
            manual = Manual(documents / "docs", self)
            manual.open_at(f"guide/{self.current}")
            manual.show()

    def _show_news(self) -> None:
        if (documents := documentation()) is not None:
            WhatsNew(documents / "CHANGELOG.md", self).open()

    def show_preferences(self) -> None:
        """Open the preferences; each change is in force at once."""
        dialog = Preferences(self._session, self)
        dialog.appearance_chosen.connect(self.set_appearance)
        dialog.units_changed.connect(self._show_units)
        dialog.open()

    def show_watching(self) -> None:
        """Open the dialog in which a folder is watched, or listening by a schedule begins."""
        dialog = self.findChild(WatchDialog) or WatchDialog(self._session, self.watchers, self)
        dialog.show()

    def _show_units(self) -> None:
        for tracks in self.findChildren(Tracks):
            tracks.show_units()

    def _fill_file_menu(self, menu: QMenu) -> None:
        self._add(menu, self.tr("&Open..."), "Ctrl+O", lambda: self._bring(OpenFile(None)))
        self._recent = menu.addMenu(self.tr("Open &recent"))
        self._add(menu, self.tr("Open the &demo sound"), "", self.open_demo)
        export = menu.addMenu(self.tr("&Export"))
        for form in EXPORTS.values():
            keys = "Ctrl+E" if form.name == "csv" else ""
            self._add(export, form.words, keys, partial(self._bring, ExportPredictions(form.name)))
        self._add(menu, self.tr("&Watch..."), "", self.show_watching)
        menu.addSeparator()
        self._add(menu, self.tr("&Quit"), "Ctrl+Q", self.close)

    def _add(self, menu: QMenu, words: str, keys: str, do: Callable[[], object]) -> QAction:
        action = menu.addAction(words)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _=False: do())
        return action

    def _command(self, name: str) -> None:
        self.page(self.current).commands[name]()

    def _add_appearance(self, menu: QMenu) -> None:
        group = QActionGroup(self)
        chosen = self._session.settings.get(APPEARANCE)
        names = {
            "system": self.tr("Same as the &system"),
            "light": self.tr("&Light"),
            "dark": self.tr("&Dark"),
        }
        for appearance, words in names.items():
            action = self._add(menu, words, "", partial(self.set_appearance, appearance))
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
        use, on = style.colours(), any(page.microphone_open for page in self._made.values())
        on = on or self.watchers.microphone.microphone_open
        words = self.tr("Microphone open") if on else self.tr("Microphone closed")
        colour = use.danger if on else use.faint
        self._light.setText(f"<span style='color:{colour}'>&#9679;</span>  {words}")

    def _list_recent(self) -> None:
        self._recent.clear()
        for name in self._session.settings.get(RECENT):
            self._add(self._recent, Path(name).name, "", partial(self.open_file, Path(name)))
        self._recent.setEnabled(not self._recent.isEmpty())

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

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        urls = event.mimeData().urls()
        paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            if not self.page(self.current).take_drop(paths):
                self.open_file(paths[0], paths[1:])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._rail.colour()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not all(page.may_close() for page in self._made.values()):
            event.ignore()
            return
        for page in self._made.values():
            page.stop()
        self._session.settings.set(GEOMETRY, self.saveGeometry())
        self._session.settings.set(LABELS, style.met_labels()[:_MOST_LABELS])
        crash_file.show = None
        jobs.cancel_all()
        super().closeEvent(event)
