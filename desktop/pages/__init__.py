"""The pages: each is a folder here and one line of this table.

Rail, View menu, shortcuts and the making of a page when it is first wanted follow the table; what
a page does when it is shown, asked for something or closed is its `desktop.shared.page.Page`.
Nothing is imported before a page is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from desktop.pages import archive, compare, file, listen, models, search, sounds, train

if TYPE_CHECKING:
    from desktop.session import Session
    from desktop.shared.page import Page


@dataclass(frozen=True)
class PageEntry:
    """A line of the table.

    Attributes:
        name: its title before translation.
        icon: of the rail, in `resources/icons`.
        keys: its shortcut.
        make: imports the page and makes it.
    """

    name: object
    icon: str
    keys: str
    make: "Callable[[Session], Page]"

    @property
    def title(self) -> str:
        """As the person reads it."""
        return QCoreApplication.translate("Pages", str(self.name))


PAGES: dict[str, PageEntry] = {
    "listen": PageEntry(QT_TRANSLATE_NOOP("Pages", "Listen"), "listen", "Ctrl+1", listen.make),
    "file": PageEntry(QT_TRANSLATE_NOOP("Pages", "File"), "file", "Ctrl+2", file.make),
    "sounds": PageEntry(QT_TRANSLATE_NOOP("Pages", "Sounds"), "sounds", "Ctrl+3", sounds.make),
    "train": PageEntry(QT_TRANSLATE_NOOP("Pages", "Train"), "train", "Ctrl+4", train.make),
    "compare": PageEntry(QT_TRANSLATE_NOOP("Pages", "Compare"), "compare", "Ctrl+5", compare.make),
    "models": PageEntry(QT_TRANSLATE_NOOP("Pages", "Models"), "models", "Ctrl+6", models.make),
    "archive": PageEntry(QT_TRANSLATE_NOOP("Pages", "Archive"), "archive", "Ctrl+7", archive.make),
    "search": PageEntry(QT_TRANSLATE_NOOP("Pages", "Search"), "search", "Ctrl+8", search.make),
}
