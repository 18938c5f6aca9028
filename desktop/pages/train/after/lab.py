"""The lab report of a run or sweep as PDF and HTML: asked for, painted, written."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMarginsF, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFont,
    QFontMetricsF,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from desktop import jobs

if TYPE_CHECKING:
    from engine.training.lab import LabReport

_DPI = 144
_MARGIN_MM = 14.0
_BOX, _MOST_BOX = 96.0, 260.0  # height of a comment's box, in the units of the painter
_GAP = 10.0
_WRAP = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


class LabReportButton(QPushButton):
    """Asks for a file, and writes the report of what is shown as PDF and HTML beside it."""

    failed = Signal(str)
    written = Signal(object)  # the PDF's path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(self.tr("Lab report..."))
        self.setToolTip(
            self.tr("Save a page to hand in, as PDF and HTML, with boxes for your comments")
        )
        self.folder: Path | None = None
        self.clicked.connect(self._ask)

    def show_for(self, folder: Path | None) -> None:
        """Of which run or sweep; None: of none."""
        self.folder = folder
        self.setVisible(folder is not None)

    def _ask(self) -> None:
        if self.folder is None:
            return
        start = str(self.folder / "lab-report.pdf")
        title, kind = self.tr("Save the lab report"), self.tr("PDF and HTML (*.pdf)")
        name, _ = QFileDialog.getSaveFileName(self.window(), title, start, kind)
        if name:
            self.write(Path(name))

    def write(self, path: Path) -> None:
        """Write both files in a job, then open the PDF."""
        folder = self.folder
        if folder is None:
            return
        jobs.run(
            lambda: write_lab_report(folder, path.with_suffix(".pdf")),
            on_result=self._done,
            on_error=self.failed.emit,
            parent=self,
        )

    def _done(self, path: Path) -> None:
        self.written.emit(path)
        if self.isVisible():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def write_lab_report(folder: Path, path: Path) -> Generator[None, None, Path]:
    """Write the report of a run's or sweep's folder as PDF, and as HTML beside it."""
    yield
    from engine.errors import DataError
    from engine.training.lab import lab_report, write_lab_html

    report = lab_report(folder)
    yield
    write_lab_html(report, path.with_suffix(".html"))
    beside = path.with_name(path.name + ".part")
    try:
        paint_pdf(report, beside)
        beside.replace(path)
    except OSError as error:
        raise DataError(
            f"{path} could not be written: {error.strerror}. Choose another folder."
        ) from error
    return path


def paint_pdf(report: "LabReport", path: Path) -> None:
    """Paint the report on A4 pages.

    Raises:
        OSError: the file cannot be written.
    """
    path.touch()  # QPdfWriter tells nothing of what stops it
    writer = QPdfWriter(str(path))
    writer.setTitle(report.title)
    writer.setCreator("Earmark")
    writer.setResolution(_DPI)
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    layout = QPageLayout(
        QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins,
        QPageLayout.Unit.Millimeter,
    )  # fmt: skip
    writer.setPageLayout(layout)
    painter = QPainter(writer)
    try:
        _Sheet(painter, writer).paint(report)
    finally:
        painter.end()


class _Sheet:
    """Paints from top to bottom, and goes on to the next page where there is no room."""

    def __init__(self, painter: QPainter, writer: QPdfWriter) -> None:
        self._painter, self._writer = painter, writer
        self._width, self._height = float(writer.width()), float(writer.height())
        self._y = 0.0

    def paint(self, report: "LabReport") -> None:
        self._text(report.title, 15, bold=True)
        self._text(report.about, 9)
        self._rows([(name, value) for name, value in report.facts.items()], (0.22, 0.78))
        for heading, header, rows in report.tables:
            self._heading(heading)
            rest = (1 - 0.34) / max(1, len(header) - 1)
            self._rows([header, *rows], (0.34, *[rest] * (len(header) - 1)), head=True)
        for first in range(0, len(report.pictures), 2):
            self._pictures(report.pictures[first : first + 2])
        self._comments(report.questions)

    def _room(self, height: float) -> None:
        if self._y and self._y + height > self._height:
            self._writer.newPage()
            self._y = 0.0

    def _font(self, points: float, bold: bool = False) -> QFont:
        font = QFont()
        font.setPointSizeF(points)
        font.setBold(bold)
        self._painter.setFont(font)
        return font

    def _text(self, words: str, points: float, *, bold: bool = False) -> None:
        metrics = QFontMetricsF(self._font(points, bold), self._writer)
        whole = QRectF(0, 0, self._width, self._height)
        height = metrics.boundingRect(whole, int(_WRAP), words).height()
        self._room(height)
        self._painter.setPen(QColor("black"))
        self._painter.drawText(QRectF(0, self._y, self._width, height + 2), int(_WRAP), words)
        self._y += height + _GAP

    def _heading(self, words: str) -> None:
        self._room(80)
        self._text(words, 11, bold=True)

    def _rows(
        self, rows: "list[tuple[str, ...]]", shares: tuple[float, ...], *, head: bool = False
    ) -> None:
        for number, cells in enumerate(rows):
            bold = head and number == 0
            metrics = QFontMetricsF(self._font(8, bold), self._writer)
            widths = [share * self._width for share in shares]
            boxes = [
                metrics.boundingRect(QRectF(0, 0, wide - 8, self._height), int(_WRAP), words)
                for wide, words in zip(widths, cells, strict=True)
            ]
            height = max(box.height() for box in boxes) + 4
            self._room(height)
            self._font(8, bold)
            x = 0.0
            for wide, words in zip(widths, cells, strict=True):
                place = QRectF(x, self._y + 2, wide - 8, height)
                self._painter.setPen(QColor("black"))
                self._painter.drawText(place, int(_WRAP), words)
                x += wide
            self._painter.setPen(QColor("#c8ccd2"))
            self._painter.drawLine(0, round(self._y + height), round(self._width),
                                   round(self._y + height))  # fmt: skip
            self._y += height
        self._y += _GAP

    def _pictures(self, pictures: "tuple[object, ...]") -> None:
        """Two beside each other, each as wide as half a page."""
        wide = (self._width - _GAP) / 2
        renderers = [QSvgRenderer(QByteArray(p.svg.encode())) for p in pictures]  # type: ignore[attr-defined]
        heights = [wide * r.defaultSize().height() / max(1, r.defaultSize().width())
                   for r in renderers]  # fmt: skip
        self._font(9, bold=True)
        above = QFontMetricsF(self._painter.font(), self._writer).height() + 4
        self._room(above + max(heights))
        for index, (renderer, height) in enumerate(zip(renderers, heights, strict=True)):
            x = index * (wide + _GAP)
            self._font(9, bold=True)
            self._painter.setPen(QColor("black"))
            title = pictures[index].title  # type: ignore[attr-defined]
            self._painter.drawText(QRectF(x, self._y, wide, above), int(_WRAP), title)
            self._font(9)  # a picture's words take the painter's weight
            renderer.render(self._painter, QRectF(x, self._y + above, wide, height))
        self._y += above + max(heights) + _GAP

    def _comments(self, questions: "tuple[str, ...]") -> None:
        """Boxes that share what is left of the page, if that is enough for all of them."""
        least = (_BOX + 40) * len(questions)
        if questions:
            self._room(least if least < self._height else _BOX + 40)
        share = (self._height - self._y) / max(1, len(questions)) - 40
        for question in questions:
            self._comment(question, max(_BOX, min(_MOST_BOX, share)))

    def _comment(self, question: str, height: float) -> None:
        self._room(height + 40)
        self._text(question, 9, bold=True)
        self._painter.setPen(QColor("#808890"))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRect(QRectF(0, self._y, self._width - 1, height))
        self._y += height + _GAP
