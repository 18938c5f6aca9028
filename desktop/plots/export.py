"""A plot as a file or on the clipboard: PNG, SVG or CSV, light or dark."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pyqtgraph as pg
from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QCoreApplication,
    QIODevice,
    QObject,
    QRectF,
    QSaveFile,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPicture, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop import style
from desktop.plots.theme import sharpness

PNG, SVG, CSV = FORMS = ("PNG", "SVG", "CSV")
_LEAST_SIDE, _MOST_SIDE, _PREVIEW = 100, 8000, QSize(360, 220)


class Exportable(Protocol):
    """A plot that can leave the window."""

    title: str

    def render(self, painter: QPainter, rect: QRectF, *, dark: bool) -> None:
        """Paint the whole plot, title and axes included, into a rectangle."""

    def csv(self) -> str:
        """The numbers it shows."""


def _tr(words: str) -> str:
    return QCoreApplication.translate("export", words)


class _Announcer(QObject):
    written = Signal(object)  # the path


announcer = _Announcer()  # the window connects to it once, for all plots


def render_view(
    view: "pg.GraphicsView",
    painter: QPainter,
    rect: QRectF,
    *,
    dark: bool,
    apply_style: Callable[[], None],
) -> None:
    """Paint a pyqtgraph view at any size, light or dark, and leave it as it was.

    ``apply_style`` gives the plot the colours in force, with all its pens made anew by
    :func:`desktop.plots.theme.pen`; it is called before and after.
    """
    scene, central = view.scene(), view.centralWidget
    before = central.geometry()
    whole = QRectF(0.0, 0.0, rect.width(), rect.height())
    marked = [item for item in scene.items() if hasattr(item, "setExportMode")]
    try:
        with style.shown_as(dark=dark), sharpness(painter.device().devicePixelRatioF()):
            apply_style()
            _fit(central, whole)
            for item in marked:
                item.setExportMode(True, {"antialias": True})
            scene.prepareForPaint()
            painter.fillRect(rect, QColor(style.colours().panel))
            scene.render(painter, rect, whole, Qt.AspectRatioMode.IgnoreAspectRatio)
    finally:
        for item in marked:
            item.setExportMode(False)
        _fit(central, before)
        apply_style()


def _fit(central: "pg.GraphicsWidget", place: QRectF) -> None:
    """Lay it out in a rectangle at once, not when the event loop comes to it."""
    central.setGeometry(place)
    if central.layout is not None and not callable(central.layout):
        central.layout.activate()


def picture(plot: Exportable, size: QSize, scale: float = 2.0, *, dark: bool) -> QImage:
    """A plot in pixels, ``scale`` for each of its own."""
    # The ratio, not a painter's scale: lines and words that no zoom changes grow with it too.
    image = QImage(size * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor((style.DARK if dark else style.LIGHT).panel))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    plot.render(painter, QRectF(0.0, 0.0, size.width(), size.height()), dark=dark)
    painter.end()
    return image


def data(plot: Exportable, form: str, size: QSize, scale: float = 2.0, *, dark: bool) -> bytes:
    """A plot as the bytes of a file: ``PNG``, ``SVG`` or ``CSV``."""
    if form == CSV:
        return plot.csv().encode()
    if form == SVG:
        return _svg(plot, size, dark=dark)
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture(plot, size, scale, dark=dark).save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(held.data())


def _svg(plot: Exportable, size: QSize, *, dark: bool) -> bytes:
    held = QByteArray()
    buffer = QBuffer(held)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRectF(0.0, 0.0, size.width(), size.height()))
    generator.setTitle(plot.title)
    # pyqtgraph's axes are recorded pictures, which Qt scales by the ratio of resolutions.
    generator.setResolution(QPicture().logicalDpiX())
    painter = QPainter(generator)
    plot.render(painter, QRectF(0.0, 0.0, size.width(), size.height()), dark=dark)
    painter.end()
    return bytes(held.data())


def copy_picture(plot: Exportable, size: QSize) -> None:
    """Put a plot on the clipboard as it looks now."""
    image = picture(plot, size, dark=style.colours().dark)
    QGuiApplication.clipboard().setImage(image)


def write(path: Path, content: bytes) -> str:
    """Write a file whole or not at all; a sentence where that fails, else nothing."""
    file = QSaveFile(str(path))
    if file.open(QIODevice.OpenModeFlag.WriteOnly):
        file.write(QByteArray(content))
        if file.commit():
            return ""
    return _tr("{} could not be saved: {}.").format(path, file.errorString().rstrip("."))


def ask_path(parent: QWidget, proposed: str, form: str) -> Path | None:
    """Where to write; the dialog itself asks before it takes the name of a file that is there."""
    suffix = form.lower()
    dialog = QFileDialog(parent, _tr("Export the plot"), f"{proposed}.{suffix}")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"{form} (*.{suffix})")
    dialog.setDefaultSuffix(suffix)
    chosen = dialog.exec() == QDialog.DialogCode.Accepted
    names = dialog.selectedFiles()
    dialog.deleteLater()
    return Path(names[0]) if chosen and names else None


def open_export(plot: Exportable, parent: QWidget) -> "ExportDialog":
    """Ask how to export a plot, as large as its widget at first."""
    dialog = ExportDialog(plot, parent.size(), parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog


class ExportDialog(QDialog):
    """Format, colours and size of a plot that is to be written, with a preview."""

    def __init__(self, plot: Exportable, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plot = plot
        self.setWindowTitle(self.tr("Export plot"))
        self.form = QComboBox()
        self.form.addItems(list(FORMS))
        self.colours = QComboBox()
        self.colours.addItems([self.tr("Light"), self.tr("Dark")])
        # Light whatever the window is: most plots go onto paper or a slide.
        self.wide, self.high = self._side(size.width()), self._side(size.height())
        self.scale = QComboBox()
        for times in (1, 2, 3, 4):
            self.scale.addItem(self.tr("{} times").format(times), times)
        self.scale.setCurrentIndex(1)
        self.preview = QLabel()
        self.preview.setFixedSize(_PREVIEW)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setAccessibleName(self.tr("Preview"))
        self.problem = QLabel()
        self.problem.setObjectName("problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._lay_out()
        for box in (self.form, self.colours, self.scale):
            box.currentIndexChanged.connect(self._changed)
        for spin in (self.wide, self.high):
            spin.valueChanged.connect(self._changed)
        self._changed()

    def _side(self, pixels: int) -> QSpinBox:
        box = QSpinBox()
        box.setRange(_LEAST_SIDE, _MOST_SIDE)
        box.setValue(pixels)
        box.setSuffix(self.tr(" pixels"))
        return box

    def _lay_out(self) -> None:
        form = QFormLayout()
        rows = {
            self.tr("&Format"): self.form,
            self.tr("&Colours"): self.colours,
            self.tr("&Width"): self.wide,
            self.tr("&Height"): self.high,
            self.tr("&Resolution"): self.scale,
        }
        for words, widget in rows.items():
            widget.setAccessibleName(words.replace("&", ""))
            form.addRow(words, widget)
        self.buttons = QDialogButtonBox()
        save = self.buttons.addButton(self.tr("Save as..."), QDialogButtonBox.ButtonRole.AcceptRole)
        save.setDefault(True)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)
        above = QHBoxLayout()
        above.addLayout(form)
        above.addWidget(self.preview)
        layout = QVBoxLayout(self)
        layout.addLayout(above)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)

    @property
    def size_chosen(self) -> QSize:
        """In the plot's own pixels."""
        return QSize(self.wide.value(), self.high.value())

    @property
    def dark(self) -> bool:
        """Whether it is to be dark."""
        return self.colours.currentIndex() == 1

    def _changed(self) -> None:
        form, scale = self.form.currentText(), int(self.scale.currentData())
        for widget in (self.colours, self.wide, self.high):
            widget.setEnabled(form != CSV)
        self.scale.setEnabled(form == PNG)
        made = self.size_chosen * scale
        self.scale.setToolTip(self.tr("{} x {} in the file").format(made.width(), made.height()))
        self.problem.hide()
        if form == CSV:
            self.preview.setText(self.tr("The values, one per row"))
            return
        room = self.preview.size()
        fits = min(room.width() / self.wide.value(), room.height() / self.high.value(), 1.0)
        ratio = self.devicePixelRatioF()
        image = picture(self._plot, self.size_chosen, fits * ratio, dark=self.dark)
        image.setDevicePixelRatio(ratio)
        self.preview.setPixmap(QPixmap.fromImage(image))

    def _save(self) -> None:
        form = self.form.currentText()
        name = self._plot.title.lower().replace(" ", "-")
        path = ask_path(self, name, form)
        if path is not None:
            self.save_to(path)

    def save_to(self, path: Path) -> None:
        """Write it; a failure is said here, and another place can be chosen."""
        form, scale = self.form.currentText(), int(self.scale.currentData())
        content = data(self._plot, form, self.size_chosen, scale, dark=self.dark)
        problem = write(path, content)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        if not problem:
            announcer.written.emit(path)
            self.accept()
