"""A page of Markdown to read; links lead to other pages of the manual or to the browser."""

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextBrowser, QWidget

from desktop import style
from desktop.manual.markdown import anchor, for_reading

_MOST_WIDTH = 660.0  # pixels of a picture


class Reader(QTextBrowser):
    """Shows text; never asks the network by itself."""

    page_wanted = Signal(object, str)  # a file of the manual, and the heading in it

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self.folder = Path()

    def show_markdown(self, text: str, folder: Path, heading: str = "") -> None:
        """Show a text whose links and pictures are relative to a folder."""
        self.folder = folder
        document = self.document()
        document.setDefaultStyleSheet(f"a {{ color: {style.colours().accent}; }}")
        document.setBaseUrl(QUrl.fromLocalFile(f"{folder}/"))
        self.setMarkdown(for_reading(text, folder, dark=style.colours().dark))
        self._fit_pictures(document)
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if heading:
            self.go_to(heading)

    def _fit_pictures(self, document: QTextDocument) -> None:
        """No picture is wider than a page of text."""
        block = document.begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                form = piece.charFormat().toImageFormat()
                if form.isValid():
                    cursor = QTextCursor(document)
                    cursor.setPosition(piece.position())
                    cursor.setPosition(
                        piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor
                    )
                    form.setWidth(_MOST_WIDTH)
                    cursor.setCharFormat(form)
                pieces += 1
            block = block.next()

    def go_to(self, heading: str) -> bool:
        """Scroll to a heading, as links name it."""
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and anchor(block.text()) == heading:
                self._scroll_to(block)
                return True
            block = block.next()
        return False

    def _scroll_to(self, block: QTextBlock) -> None:
        layout = self.document().documentLayout()
        self.setTextCursor(QTextCursor(block))
        self.verticalScrollBar().setValue(round(layout.blockBoundingRect(block).top()))

    def _follow(self, link: QUrl) -> None:
        if link.scheme() in ("http", "https", "mailto"):
            QDesktopServices.openUrl(link)
            return
        name = link.toLocalFile() if link.isLocalFile() else link.path()
        if not name:
            self.go_to(link.fragment())
        else:
            self.page_wanted.emit((self.folder / name).resolve(), link.fragment())
