"""Help, Manual: the documentation without a browser and without the network."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.manual.markdown import title_of
from desktop.manual.reader import Reader

# In the order in which one reads them; the first six are of the window's pages.
PAGES = (
    *("guide/listen", "guide/file", "guide/sounds", "guide/train", "guide/compare"),
    *("guide/models", "guide/why", "guide/archive", "guide/cluster", "guide/search"),
    *("guide/watching", "guide/preferences", "guide/command-line", "guide/scripts"),
    *("guide/install", "glossary", "recipes", "accuracy", "benchmarks", "scale"),
)
_LIST_WIDTH = 230
_SIZE = 980, 680


class Manual(QDialog):
    """Contents and search at the left, the page at the right.

    Args:
        docs: the folder of the documentation.
        parent: the window.
    """

    def __init__(self, docs: Path, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Manual"))
        self._docs = docs.resolve()
        files = [self._docs / f"{name}.md" for name in PAGES]
        self._texts = {file: file.read_text(encoding="utf-8") for file in files if file.is_file()}
        self._before: list[tuple[Path, str]] = []
        self.current: Path | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search the manual"))
        self.search.setClearButtonEnabled(True)
        self.contents = QListWidget()
        self.contents.setAccessibleName(self.tr("Contents"))
        for file, text in self._texts.items():
            item = QListWidgetItem(title_of(text) or file.stem, self.contents)
            item.setData(Qt.ItemDataRole.UserRole, str(file))
        self.reader = Reader(self.tr("Text of the manual"))
        self.back = QPushButton(self.tr("Back"))
        self.back.clicked.connect(self._go_back)
        self.words = QLabel()
        self.words.setObjectName("faint")
        self._lay_out()
        self.contents.currentItemChanged.connect(self._chosen)
        self.reader.page_wanted.connect(self.show_page)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._find_next)
        self.resize(*_SIZE)

    def _lay_out(self) -> None:
        left, right, top = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addWidget(self.search)
        left.addWidget(self.contents, 1)
        top.addWidget(self.back)
        top.addWidget(self.words, 1)
        right.addLayout(top)
        right.addWidget(self.reader, 1)
        row = QHBoxLayout(self)
        holder = QWidget()
        holder.setFixedWidth(_LIST_WIDTH)
        left.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(left)
        row.addWidget(holder)
        row.addLayout(right, 1)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter in the search goes on searching
        self.back.setEnabled(False)

    def open_at(self, name: str) -> None:
        """Show the page of this name, or the first."""
        file = self._docs / f"{name}.md"
        self.show_page(file if file in self._texts else next(iter(self._texts)), "")

    def show_page(self, file: Path, heading: str) -> None:
        """Show a page of the manual; of what is none, say so."""
        if file not in self._texts:
            self.words.setText(self.tr("{} is not part of this manual.").format(file.name))
            return
        if self.current is not None:
            self._before.append((self.current, ""))
        self._show(file, heading)

    def _show(self, file: Path, heading: str) -> None:
        self.words.clear()
        self.current = file
        self.back.setEnabled(bool(self._before))
        self.reader.show_markdown(self._texts[file], file.parent, heading)
        self.contents.blockSignals(True)
        self.contents.setCurrentRow(list(self._texts).index(file))
        self.contents.blockSignals(False)
        if self.search.text():
            self.reader.find(self.search.text())

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.show_page(Path(item.data(Qt.ItemDataRole.UserRole)), "")

    def _go_back(self) -> None:
        if self._before:
            self._show(*self._before.pop())

    def _filter(self, wanted: str) -> None:
        """List the pages that have these words."""
        found = 0
        for row, text in enumerate(self._texts.values()):
            there = wanted.casefold() in text.casefold()
            self.contents.item(row).setHidden(not there)
            found += there
        words = self.tr("Found on {} pages; Enter goes on").format(found)
        self.words.setText(words if wanted else "")

    def _find_next(self) -> None:
        """The next place in this page, then in the next page that has the words."""
        wanted = self.search.text()
        if not wanted or self.reader.find(wanted):
            return
        files = [f for f, text in self._texts.items() if wanted.casefold() in text.casefold()]
        if not files:
            return
        later = files[files.index(self.current) + 1 :] if self.current in files else files
        self.show_page((later or files)[0], "")
