"""Colours and shapes, light and dark."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from resources import resource

COLOUR_MAPS = ("magma", "viridis", "inferno", "cividis", "grey")


@dataclass(frozen=True)
class Colours:
    """What everything is painted with."""

    window: str
    panel: str
    line: str
    text: str
    faint: str
    accent: str
    accent_text: str
    plot: str
    wave: str
    warning: str
    warning_text: str
    amber: str
    good: str
    danger: str
    dark: bool


LIGHT = Colours(
    window="#f4f5f7",
    panel="#ffffff",
    line="#d5d9e0",
    text="#1b1f27",
    faint="#5c6675",
    accent="#2f6fde",
    accent_text="#ffffff",
    plot="#ffffff",
    wave="#2f6fde",
    warning="#fff1cf",
    warning_text="#5b4300",
    amber="#b97700",
    good="#1f9d61",
    danger="#d43a3a",
    dark=False,
)
DARK = Colours(
    window="#16181d",
    panel="#1e2128",
    line="#343944",
    text="#e8eaef",
    faint="#9aa3b2",
    accent="#5b93f5",
    accent_text="#0d1117",
    plot="#101216",
    wave="#6ea3ff",
    warning="#453712",
    warning_text="#ffe1a0",
    amber="#f0b429",
    good="#3fc98a",
    danger="#ff6b66",
    dark=True,
)


_chosen = "system"


def colours() -> Colours:
    """Those in force now."""
    if _chosen == "system":
        system = QGuiApplication.styleHints().colorScheme()
        return DARK if system == Qt.ColorScheme.Dark else LIGHT
    return DARK if _chosen == "dark" else LIGHT


@contextmanager
def shown_as(*, dark: bool) -> Iterator[None]:
    """Have :func:`colours` answer light or dark for a while: a picture that is to be exported."""
    global _chosen
    before, _chosen = _chosen, "dark" if dark else "light"
    try:
        yield
    finally:
        _chosen = before


def apply(application: QApplication, appearance: str) -> None:
    """Set the appearance: system, light or dark."""
    global _chosen
    _chosen = appearance
    scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(
        appearance, Qt.ColorScheme.Unknown
    )
    application.styleHints().setColorScheme(scheme)
    use = colours()
    application.setPalette(_palette(use))
    application.setStyleSheet(_sheet(use) + _fields(use) + _rings(use) + _tabs(use) + _toasts(use))


# Eight colours that also people who cannot tell red from green, or blue from yellow, can tell
# apart, on light and on dark; a test holds how far they are apart.
CLASS_COLOURS = (
    *("#0c59cb", "#e89b1f", "#944387", "#bbe58e"),
    *("#a83a0a", "#21bffe", "#89876d", "#ffcbd9"),
)
PATTERNS = 9
_met: list[str] = []  # labels in the order in which they were first shown


def label_look(label: str) -> tuple[QColor, int]:
    """Colour of a label and its pattern, from 0 (plain) to 8; the same wherever it is shown.

    The first eight labels that are met differ by colour, later ones by colour and pattern: labels
    are alike only if 71 others were met between them.
    """
    if label not in _met:
        _met.append(label)
    place = _met.index(label)
    return QColor(CLASS_COLOURS[place % len(CLASS_COLOURS)]), place // len(CLASS_COLOURS) % PATTERNS


def is_met(label: str) -> bool:
    """Whether a label has a look already: what is only possible should not use one up."""
    return label in _met


def label_colour(label: str) -> QColor:
    """The colour of a label alone; see :func:`label_look`."""
    return label_look(label)[0]


def pattern_brush(colour: QColor, pattern: int) -> QBrush:
    """The lines or dots of a pattern, to be drawn over the colour."""
    ink = QColor(colour.darker(190) if colour.lightness() > 90 else colour.lighter(220))
    ink.setAlpha(150)
    styles = (
        Qt.BrushStyle.NoBrush,
        Qt.BrushStyle.BDiagPattern,
        Qt.BrushStyle.Dense6Pattern,
        Qt.BrushStyle.DiagCrossPattern,
        Qt.BrushStyle.VerPattern,
        Qt.BrushStyle.FDiagPattern,
        Qt.BrushStyle.Dense4Pattern,
        Qt.BrushStyle.HorPattern,
        Qt.BrushStyle.CrossPattern,
    )
    return QBrush(ink, styles[pattern])


def label_swatch(label: str, size: int) -> QPixmap:
    """A small square with the look of a label, ``size`` in pixels."""
    colour, pattern = label_look(label)
    square = QPixmap(size, size)
    square.fill(colour)
    if pattern:
        painter = QPainter(square)
        painter.fillRect(square.rect(), pattern_brush(colour, pattern))
        painter.end()
    return square


def met_labels() -> list[str]:
    """All labels that have a colour, in the order that decides which."""
    return list(_met)


def remember_labels(labels: Sequence[str]) -> None:
    """Give labels the colours that they had the last time."""
    _met.extend(dict.fromkeys(label for label in labels if label not in _met))


def colour_table(name: str) -> NDArray[np.uint8]:
    """A colour map as RGB, uint8, shape (256, 3)."""
    if name == "grey":
        grey = np.arange(256, dtype=np.uint8)
        return np.stack([grey, grey, grey], axis=1)
    tables = json.loads(resource("colour_maps.json").read_text(encoding="utf-8"))
    return np.frombuffer(bytes.fromhex(tables[name]), dtype=np.uint8).reshape(256, 3)


def _palette(use: Colours) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: use.window,
        QPalette.ColorRole.WindowText: use.text,
        QPalette.ColorRole.Base: use.panel,
        QPalette.ColorRole.AlternateBase: use.window,
        QPalette.ColorRole.Text: use.text,
        QPalette.ColorRole.Button: use.panel,
        QPalette.ColorRole.ButtonText: use.text,
        QPalette.ColorRole.BrightText: use.danger,
        QPalette.ColorRole.ToolTipBase: use.panel,
        QPalette.ColorRole.ToolTipText: use.text,
        QPalette.ColorRole.Highlight: use.accent,
        QPalette.ColorRole.HighlightedText: use.accent_text,
        QPalette.ColorRole.PlaceholderText: use.faint,
        QPalette.ColorRole.Link: use.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.ButtonText, QPalette.ColorRole.Text):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(use.faint))
    return palette


def _arrow(use: Colours, way: str) -> str:
    shade = "dark" if use.dark else "light"
    return resource("icons", f"arrow-{way}{shade}.svg").as_posix()


def _sheet(use: Colours) -> str:
    return f"""
    QWidget#rail {{ background: {use.panel}; border-right: 1px solid {use.line}; }}
    QToolButton#page {{ border: none; border-radius: 8px; padding: 8px 4px; color: {use.faint}; }}
    QToolButton#page:hover {{ background: {use.window}; }}
    QToolButton#page:checked {{ background: {use.accent}; color: {use.accent_text}; }}
    QToolButton#page:focus {{ border: 2px solid {use.text}; }}
    QFrame#panel {{ background: {use.panel}; border: 1px solid {use.line}; border-radius: 8px; }}
    QFrame#notice {{ background: {use.warning}; border-radius: 6px; }}
    QFrame#notice QLabel {{ color: {use.warning_text}; }}
    QPushButton, QToolButton#tool {{
        background: {use.panel}; border: 1px solid {use.line}; border-radius: 6px;
        padding: 5px 12px; color: {use.text}; }}
    QPushButton:hover, QToolButton#tool:hover {{ border-color: {use.accent}; }}
    QPushButton:focus, QToolButton#tool:focus {{
        border: 2px solid {use.accent}; padding: 4px 11px; }}
    QPushButton:disabled, QToolButton#tool:disabled {{ color: {use.faint}; }}
    QPushButton:checked, QToolButton#tool:checked {{
        background: {use.accent}; color: {use.accent_text}; border-color: {use.accent}; }}
    QPushButton#main {{
        background: {use.accent}; color: {use.accent_text}; font-weight: 600; padding: 6px 18px; }}
    QPushButton#main:disabled {{
        background: {use.panel}; color: {use.faint}; border: 1px solid {use.line}; }}
    QPushButton#record:checked {{ background: {use.danger}; border-color: {use.danger}; }}
    QLabel#title {{ font-size: 17px; font-weight: 600; }}
    QLabel#faint {{ color: {use.faint}; }}
    QLabel#problem {{ color: {use.danger}; }}
    QStatusBar {{ color: {use.faint}; }}
    QProgressBar {{ border: none; background: {use.line}; border-radius: 2px; }}
    QProgressBar::chunk {{ background: {use.accent}; border-radius: 2px; }}
    QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
    QScrollBar::handle {{ background: {use.faint}; border-radius: 3px; margin: 3px; }}
    QScrollBar::handle:vertical {{ min-height: 24px; }}
    QScrollBar::handle:horizontal {{ min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {use.accent}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    """


def _fields(use: Colours) -> str:
    """What is typed into: the style's own frames can hardly be seen on dark."""
    return f"""
    QComboBox {{
        background: {use.panel}; border: 1px solid {use.line}; border-radius: 6px;
        padding: 4px 8px; color: {use.text}; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QComboBox:disabled {{ color: {use.faint}; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ image: url({_arrow(use, "")}); width: 10px; height: 10px; }}
    QComboBox QAbstractItemView {{ background: {use.panel}; color: {use.text};
        selection-background-color: {use.accent}; selection-color: {use.accent_text}; }}
    QLineEdit, QAbstractSpinBox {{
        background: {use.panel}; border: 1px solid {use.line}; border-radius: 6px;
        padding: 3px 6px; color: {use.text}; selection-background-color: {use.accent};
        selection-color: {use.accent_text}; }}
    QLineEdit:focus, QAbstractSpinBox:focus {{ border: 2px solid {use.accent}; padding: 2px 5px; }}
    QLineEdit:disabled, QAbstractSpinBox:disabled {{ color: {use.faint}; }}
    QComboBox QLineEdit, QAbstractItemView QLineEdit {{
        border: none; padding: 0; border-radius: 0; }}
    QAbstractSpinBox {{ qproperty-alignment: AlignCenter; }}
    QAbstractSpinBox QLineEdit {{ border: none; padding: 0; background: transparent; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
        border: none; width: 16px; }}
    QAbstractSpinBox::up-arrow {{ image: url({_arrow(use, "up-")}); width: 8px; height: 8px; }}
    QAbstractSpinBox::down-arrow {{ image: url({_arrow(use, "")}); width: 8px; height: 8px; }}
    """


def _rings(use: Colours) -> str:
    """Where the keyboard is, on what the accent's own colour would not show it."""
    return f"""
    QPushButton#main:focus, QPushButton:checked:focus, QToolButton#tool:checked:focus {{
        border: 2px solid {use.text}; }}
    QPushButton#main:focus {{ padding: 5px 17px; }}
    QComboBox:focus {{ border: 2px solid {use.accent}; padding: 3px 7px; }}
    QCheckBox {{ border: 2px solid transparent; border-radius: 5px; padding: 1px 3px; }}
    QCheckBox:focus {{ border-color: {use.accent}; }}
    QCheckBox::indicator:unchecked {{ border: 1px solid {use.faint}; border-radius: 3px; }}
    QSlider {{ border: 2px solid transparent; border-radius: 5px; }}
    QSlider:focus {{ border-color: {use.accent}; }}
    QTreeView, QTableView, QListView, QPlainTextEdit {{
        border: 1px solid {use.line}; }}
    QScrollArea#read {{ border: 2px solid transparent; }}
    QTreeView:focus, QTableView:focus, QListView:focus, QPlainTextEdit:focus,
    QScrollArea#read:focus {{
        border: 2px solid {use.accent}; }}
    QToolButton#section {{ border: 2px solid transparent; border-radius: 5px; font-weight: 600; }}
    QToolButton#section:focus {{ border-color: {use.accent}; }}
    """


def _tabs(use: Colours) -> str:
    return f"""
    QTabWidget::pane {{
        background: {use.panel}; border: 1px solid {use.line}; border-radius: 6px; }}
    QTabBar::tab {{ background: transparent; color: {use.faint}; padding: 5px 12px;
        border: 2px solid transparent; margin-right: 2px; }}
    QTabBar::tab:hover {{ color: {use.text}; }}
    QTabBar::tab:selected {{ color: {use.text}; border-bottom-color: {use.accent}; }}
    QTabBar::tab:selected:focus {{ border-color: {use.accent}; border-radius: 5px; }}
    QHeaderView::section {{ background: {use.panel}; color: {use.faint}; border: none;
        border-bottom: 1px solid {use.line}; padding: 4px 8px; font-weight: 600; }}
    """


def _toasts(use: Colours) -> str:
    """Messages over the page: its own frame and a sign in the colour of its kind."""
    kinds = {"success": use.good, "info": use.accent, "warning": use.amber, "error": use.danger}
    signs = "".join(
        f"""
    QFrame#toast[kind="{kind}"] {{ border-left: 4px solid {colour}; }}
    QLabel#sign[kind="{kind}"] {{ background: {colour}; }}"""
        for kind, colour in kinds.items()
    )
    return f"""
    QFrame#toast {{ background: {use.panel}; border: 1px solid {use.faint}; border-radius: 6px; }}
    QFrame#toast QTextEdit {{ color: {use.text}; background: transparent; border: none; }}
    QLabel#sign {{ color: {use.panel}; border-radius: 10px; font-weight: 700; }}
    QToolButton#dismiss {{ border: 2px solid transparent; border-radius: 5px; padding: 1px 4px;
        color: {use.faint}; background: transparent; }}
    QToolButton#dismiss:hover {{ color: {use.text}; }}
    QToolButton#dismiss:focus {{ border-color: {use.accent}; }}
    {signs}
    QFrame#toast:focus {{ border: 2px solid {use.accent}; }}
    """
