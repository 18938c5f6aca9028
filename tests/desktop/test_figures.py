"""What every plot has: legend, menu, wheel, keys, appearance, export; numbers on axes."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop import style
from desktop.plots import export, theme
from desktop.plots.bars import Bar, Bars
from desktop.plots.confusion import Confusion
from desktop.plots.curves import Curves
from desktop.plots.figure import Figure
from desktop.plots.parallel import Coordinate, Parallel
from desktop.plots.scatter import Points, Scatter
from desktop.plots.ticks import number, ticks

LEFT = Qt.MouseButton.LeftButton


def curves() -> Curves:
    made = Curves("Loss", "epoch", "loss")
    for name, height in (("training", 1.0), ("validation", 2.0)):
        made.add_series(name)
        made.set_points(name, range(1, 11), [height] * 10)
    return made


def bars() -> Bars:
    made = Bars("Each class", {"precision": "precision", "recall": "recall"}, unit="%")
    made.set_bars([Bar("bell", (80.0, 40.0)), Bar("drum", (None, 60.0))])
    return made


def confusion() -> Confusion:
    made = Confusion()
    made.set_matrix(["bell", "drum"], [[3, 1], [0, 4]])
    return made


def parallel() -> Parallel:
    made = Parallel("All trials")
    axes = (Coordinate("Rate", "", (0.1, 0.01)), Coordinate("Test", "%", (50.0, 80.0)))
    made.set_lines(("first", "second"), axes)
    return made


def scatter() -> Scatter:
    made = Scatter()
    places = np.array([[-0.5, 0.0], [0.5, 0.0]], np.float32)
    made.show_points(Points(places, [0, 1], ["a", "b"], ["bell", "drum"]), anew=True)
    return made


MAKERS = [curves, bars, confusion, parallel, scatter]


@pytest.fixture(autouse=True)
def _light(qapp: QApplication) -> Iterator[None]:
    style.apply(qapp, "light")
    yield
    style.apply(qapp, "light")


def shown(qtbot: QtBot, figure: Figure) -> Figure:
    qtbot.addWidget(figure)
    figure.resize(480, 320)
    figure.show()
    figure.grab()
    return figure


def share_of(image: QImage, colour: str, near: int = 40) -> float:
    """How much of a picture has about a colour."""
    raw = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(raw.constBits(), np.uint8).reshape(raw.height(), -1, 4)
    wanted = np.array(QColor(colour).getRgb()[2::-1])
    return float((np.abs(pixels[..., :3].astype(int) - wanted).sum(axis=2) < near).mean())


def wheel(figure: Figure, at: QPointF, steps: int = 1) -> None:
    event = QWheelEvent(
        at, figure.viewport().mapToGlobal(at), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(figure.viewport(), event)


@pytest.mark.parametrize(
    ("low", "high", "most", "words"),
    [
        (0.0, 1.0, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.0, 1.2e-4, 4, ["0", "5e-5", "1e-4"]),
        (0.00009, 0.000105, 3, ["9e-5", "9.5e-5", "1e-4", "1.05e-4"]),
        (-30.0, 0.0, 3, ["-30", "-20", "-10", "0"]),
        (0.0, 2.5e7, 3, ["0", "1e7", "2e7"]),
    ],
)
def test_numbers_on_an_axis_are_round_and_short(
    low: float, high: float, most: int, words: list[str]
) -> None:
    found = ticks(low, high, most)
    step = found[1] - found[0]
    assert [number(value, step) for value in found] == words


def test_axes_count_in_whole_numbers_and_decades(qapp: QApplication) -> None:
    axis = theme.Axis("bottom", "sounds")
    assert axis.tickValues(0.0, 3.0, 600.0) == [(0.5, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])]
    axis.whole = True
    assert axis.tickValues(0.0, 3.0, 600.0) == [(1.0, [0.0, 1.0, 2.0, 3.0])]
    rate = theme.Axis("left", "rate")
    rate.setLogMode(y=True)
    ((_, decades),) = rate.tickValues(-4.5, -1.5, 200.0)
    assert rate.tickStrings(decades, 1.0, 1.0) == ["0.0001", "0.001", "0.01"]
    ((_, far),) = rate.tickValues(-900.0, 900.0, 200.0)  # zoomed out as far as one likes
    assert 2 <= len(far) <= 7


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_training_and_validation_have_their_colours(qapp: QApplication, appearance: str) -> None:
    style.apply(qapp, appearance)
    alone = theme.series_colour("training")
    others = theme.series_colours(["first", "validation", "second", "training"])
    assert others["training"] == alone
    assert len({colour.name() for colour in others.values()}) == 4
    assert theme.series_colours(["first", "second"])["first"] == others["first"]


def test_a_click_or_a_key_hides_a_series(qtbot: QtBot) -> None:
    figure = curves()
    shown(qtbot, figure)
    colour = figure.colour_of("validation").name()
    place = figure.place_of(5.0, 2.0).toPoint()
    around = figure.rect().intersected(figure.rect().translated(place - QPoint(20, 4)))
    around.setSize(QSize(40, 8))
    assert share_of(figure.grab(around).toImage(), colour) > 0.1
    at = figure.mapFromScene(figure.legend.place_of("validation"))
    QTest.mouseClick(figure.viewport(), LEFT, pos=at)
    assert share_of(figure.grab(around).toImage(), colour) == 0.0
    assert "validation" not in figure.read_out()
    QTest.keyClick(figure, Qt.Key.Key_2)
    assert share_of(figure.grab(around).toImage(), colour) > 0.1
    assert "validation" in figure.read_out()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
@pytest.mark.parametrize("make", MAKERS)
def test_the_menu_exports_and_hides(qtbot: QtBot, make: Callable[[], Figure]) -> None:
    figure = shown(qtbot, make())
    words = [action.text().partition("\t")[0] for action in figure.menu().actions()]
    assert {"View all", "Copy as picture", "Export..."} <= set(words)
    assert set(figure.series()) <= set(words)
    QTest.mouseClick(figure.viewport(), Qt.MouseButton.RightButton, pos=QPoint(200, 160))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    menu.close()


def test_the_wheel_zooms_at_the_pointer_and_0_shows_all(qtbot: QtBot) -> None:
    figure = curves()
    shown(qtbot, figure)
    before = figure.place_of(4.0, 1.0)
    whole = figure.box.viewRange()
    wheel(figure, QPointF(before.toPoint()), steps=2)
    after = figure.place_of(4.0, 1.0)
    assert (after - before).manhattanLength() < 2
    (left, right), (low, high) = figure.box.viewRange()
    assert right - left < 0.8 * (whole[0][1] - whole[0][0])
    assert high - low < 0.8 * (whole[1][1] - whole[1][0])
    figure.extend("training", [11.0], [1.0])
    figure.grab()
    assert figure.box.viewRange()[0] == [left, right]  # new points do not take one away
    QTest.keyClick(figure, Qt.Key.Key_0)
    figure.grab()
    assert figure.box.viewRange()[0][1] > 11.0


def test_a_page_scrolls_until_the_plot_was_clicked(qtbot: QtBot) -> None:
    area, inner = QScrollArea(), QWidget()
    qtbot.addWidget(area)
    figure, other = curves(), QWidget()
    figure.setMinimumHeight(300)
    other.setMinimumHeight(900)
    column = QVBoxLayout(inner)
    column.addWidget(figure)
    column.addWidget(other)
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.resize(400, 320)
    area.show()
    area.activateWindow()
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
    area.setFocus()
    before = figure.box.viewRange()
    wheel(figure, figure.area.center())
    assert figure.box.viewRange() == before
    QTest.mouseClick(figure.viewport(), LEFT, pos=figure.area.center().toPoint())
    qtbot.waitUntil(figure.hasFocus)
    wheel(figure, figure.area.center())
    assert figure.box.viewRange() != before


def test_what_is_not_above_0_has_no_logarithm(qtbot: QtBot) -> None:
    figure = curves()
    shown(qtbot, figure)
    figure.set_points("training", [1, 2, 3], [0.0, 0.01, -1.0])
    figure.set_log(True)
    figure.grab()
    low, high = figure.box.viewRange()[1]
    assert -2.5 < low < -1.9
    assert 0.3 < high < 0.6
    figure.set_log(False)
    figure.grab()
    assert figure.box.viewRange()[1][0] < -1.0


def test_runs_without_a_number_say_so(qtbot: QtBot) -> None:
    figure = Curves("Loss", "epoch", "loss", legend_below=True)
    for name in ("first", "second"):
        figure.add_series(name)
        figure.set_points(name, [1, 2], [float("nan")] * 2)
    shown(qtbot, figure)
    middle = QRect(0, 0, 160, 30)
    middle.moveCenter(figure.area.center().toPoint())
    assert share_of(figure.grab(middle).toImage(), style.LIGHT.faint, 120) > 0.01
    figure.set_points("first", [1, 2], [1.0, 1.0])
    figure.toggle("first")
    figure.toggle("first")
    assert "At the end: first: 1.000" in figure.accessibleDescription()


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dark", [False, True])
def test_exports_are_light_or_dark_whatever_the_window_is(
    qtbot: QtBot, make: Callable[[], Figure], dark: bool
) -> None:
    figure = shown(qtbot, make())
    before, ranges = figure.grab().toImage(), figure.box.viewRange()
    image = export.picture(figure, QSize(700, 400), 2.0, dark=dark)
    assert (image.width(), image.height()) == (1400, 800)
    ground = (style.DARK if dark else style.LIGHT).panel
    assert share_of(image.copy(0, 0, 1400, 8), ground) > 0.95
    title = image.copy(10, 8, 700, 44)
    text = (style.DARK if dark else style.LIGHT).text
    assert share_of(title, text, near=120) > 0.005  # also of plots whose frame has the title
    assert figure.box.viewRange() == ranges
    assert figure.grab().toImage() == before
    svg = export.data(figure, export.SVG, QSize(700, 400), dark=dark)
    assert QSvgRenderer(QByteArray(svg)).defaultSize().width() > 0
    assert figure.title.split()[0].encode() in svg
    assert len(list(csv.reader(io.StringIO(figure.csv())))) >= 3


def test_lines_are_as_thick_in_a_sharp_picture(qtbot: QtBot) -> None:
    figure = curves()
    shown(qtbot, figure)
    colour = figure.colour_of("validation").name()
    once, thrice = (
        export.picture(figure, QSize(480, 320), scale, dark=False) for scale in (1.0, 3.0)
    )
    ratio = share_of(thrice, colour, 100) / share_of(once, colour, 100)
    assert 0.6 < ratio < 1.6


def test_the_dialog_writes_what_was_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    figure = curves()
    shown(qtbot, figure)
    dialog = figure.export()
    dialog.form.setCurrentText(export.PNG)
    dialog.colours.setCurrentIndex(1)
    dialog.wide.setValue(300)
    dialog.high.setValue(200)
    dialog.scale.setCurrentIndex(2)
    dialog.save_to(tmp_path / "none" / "loss.png")
    assert dialog.problem.isVisible()
    assert "could not be saved" in dialog.problem.text()
    with qtbot.waitSignal(export.announcer.written) as written:
        dialog.save_to(tmp_path / "loss.png")
    assert written.args == [tmp_path / "loss.png"]
    image = QImage(str(tmp_path / "loss.png"))
    assert (image.width(), image.height()) == (900, 600)
    assert image.pixelColor(2, 2) == QColor(style.DARK.panel)
    assert not dialog.isVisible()


def test_numbers_need_no_colours(qtbot: QtBot) -> None:
    figure = curves()
    shown(qtbot, figure)
    dialog = figure.export()
    dialog.form.setCurrentText(export.CSV)
    assert not dialog.colours.isEnabled()
    assert not dialog.scale.isEnabled()
    dialog.form.setCurrentText(export.SVG)
    assert dialog.colours.isEnabled()
    assert not dialog.scale.isEnabled()
    dialog.reject()


def test_a_key_copies_the_picture(qtbot: QtBot) -> None:
    figure = curves()
    shown(qtbot, figure)
    QTest.keyClick(figure, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (960, 640)
    assert share_of(image, figure.colour_of("training").name()) > 0


@pytest.mark.parametrize("make", MAKERS)
def test_it_follows_the_appearance(
    qtbot: QtBot, qapp: QApplication, make: Callable[[], Figure]
) -> None:
    figure = shown(qtbot, make())
    assert share_of(figure.grab().toImage(), style.LIGHT.panel) > 0.2
    style.apply(qapp, "dark")
    dark = figure.grab().toImage()
    assert share_of(dark, style.LIGHT.panel) < 0.05
    assert share_of(dark, style.DARK.panel) + share_of(dark, style.DARK.plot) > 0.3


def test_what_was_not_measured_has_no_bar_and_no_scale(qtbot: QtBot) -> None:
    style.apply(QApplication.instance(), "light")  # type: ignore[arg-type]
    made = Bars("Energy", {"Energy": ""}, unit="J", titled=False)
    qtbot.addWidget(made)
    made.resize(400, 120)
    made.set_bars([Bar(name, (None,), "not measured") for name in ("one", "two")])
    accent = QColor(style.colours().accent)
    assert not _has(made, accent)
    assert made.plot.getAxis("bottom")._tickLevels == [[]]
    assert "one: not measured" in made.accessibleDescription()
    made.set_bars([Bar("one", (5.0,)), Bar("two", (None,), "not measured")])
    assert _has(made, accent)
    assert made.plot.getAxis("bottom")._tickLevels is None


def _has(figure: Figure, colour: QColor) -> bool:
    image = figure.grab().toImage()
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return any(image.pixelColor(x, y) == colour for x, y in places)


def test_bars_are_as_long_as_their_values(qtbot: QtBot) -> None:
    figure = bars()
    shown(qtbot, figure)
    assert figure.accessibleDescription() == (
        "bell: precision 80.0 %, recall 40.0 %. drum: precision -, recall 60.0 %"
    )
    colours = theme.series_colours(["precision", "recall"])
    image = figure.grab().toImage()
    start, end = figure.place_of(0, 0.0), figure.place_of(0, 100.0)

    def length(row: int, name: str) -> float:
        y, reach = figure.place_of(row, 0.0).y(), 12
        wanted, best = colours[name].getRgb(), 0
        for line in range(round(y) - reach, round(y) + reach):
            found = sum(
                image.pixelColor(x, line).getRgb() == wanted
                for x in range(round(start.x()), round(end.x()))
            )
            best = max(best, found)
        return best / (end.x() - start.x())

    assert length(0, "precision") == pytest.approx(0.8, abs=0.02)
    assert length(0, "recall") == pytest.approx(0.4, abs=0.02)
    assert length(1, "precision") == pytest.approx(0.0, abs=0.02)
    assert length(1, "recall") == pytest.approx(0.6, abs=0.02)
    QTest.keyClick(figure, Qt.Key.Key_Down)
    QTest.keyClick(figure, Qt.Key.Key_Down)
    assert figure.accessibleDescription().startswith("drum: ")


def test_a_matrix_is_zoomed_and_its_cells_stay_where_they_are_clicked(qtbot: QtBot) -> None:
    figure = confusion()
    shown(qtbot, figure)
    wheel(figure, figure.cell(0, 1).center(), steps=3)
    assert figure.cell(0, 1).width() > 1.5 * 480 / 3
    with qtbot.waitSignal(figure.cell_clicked) as clicked:
        place = figure.cell(0, 1).intersected(figure.area).center().toPoint()
        QTest.mouseClick(figure.viewport(), LEFT, pos=place)
    assert clicked.args == [0, 1]
    assert list(csv.reader(io.StringIO(figure.csv())))[1] == ["bell", "3", "1"]
