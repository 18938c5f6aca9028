"""The tracks under the hand: mouse, wheel, keys and menu, what is marked and what is hatched."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.plots import export
from desktop.plots.tracks.lanes import Stretch
from desktop.plots.tracks.track import Track
from desktop.settings import DB_HIGH, DB_LOW, DECIBELS, FOLLOW, GRID, MIX, PANS, SCALE, Settings
from desktop.shared.picture_controls import PictureControls
from desktop.shared.track_menu import TrackMenu
from desktop.shared.tracks import Tracks
from engine.pictures.view import View
from tests.desktop.pointer import (
    CTRL,
    MIDDLE,
    NONE,
    RIGHT,
    SHIFT,
    click,
    double_click,
    drag,
    move,
    wheel,
)

SECONDS = 60.0


class Page(QWidget):
    """A page with tracks of a minute, as the Listen and File pages have them."""

    def __init__(self, interactive: bool = True) -> None:
        super().__init__()
        self.settings = Settings()
        self.tracks = Tracks(self.settings, interactive=interactive)
        self.controls = PictureControls(self.settings)
        self.spaces = 0
        layout = QVBoxLayout(self)
        layout.addWidget(self.tracks)
        layout.addWidget(self.controls)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.tracks.serve(self, self.controls, self.space)
        self.tracks.apply_style(View("stft", 22050))
        self.controls.colours_changed.connect(lambda: self.tracks.apply_style(View("stft", 22050)))
        self.tracks.time.set_duration(SECONDS)
        rng = np.random.default_rng(0)
        picture = rng.integers(60, 180, (256, 600), dtype=np.uint8)
        self.tracks.spectrogram.set_picture(picture, 0.0, SECONDS)
        wave = np.stack([np.full(600, -0.5), np.full(600, 0.5)]).astype(np.float32)
        self.tracks.waveform.set_envelope(wave, 0.0, SECONDS)
        self.tracks.minimap.set_envelope(wave, 0.0, SECONDS)
        self.tracks.lanes.set_lanes({"one": [Stretch(10.0, 20.0, "piano", 0.9)]})

    def space(self) -> None:
        self.spaces += 1


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    made = Page()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.setFocus()
    return made


def pixels(track: Track) -> NDArray[np.int64]:
    """The plot of a track, shape (rows, columns, 3)."""
    image = track.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), -1)
    whole = flat[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    plot = track.plot
    return whole[:, round(plot.left()) : round(plot.right())].astype(np.int64)


def at(track: Track, seconds: float, share: float = 0.5) -> tuple[float, float]:
    """A place in the widget: a moment, and a share of the height from above."""
    return track.x_of(seconds), track.plot.top() + share * track.plot.height()


def names(menu: TrackMenu) -> dict[str, object]:
    """The actions of a menu and of its submenus, by their words."""
    found = {}
    for action in menu.actions():
        if action.menu() is not None:
            found.update({inner.text(): inner for inner in action.menu().actions()})
        elif action.text():
            found[action.text()] = action
    return found


@pytest.mark.parametrize("which", ["waveform", "spectrogram", "lanes", "axis"])
def test_the_wheel_zooms_at_the_pointer_and_with_shift_pans(page: Page, which: str) -> None:
    track, time = getattr(page.tracks, which), page.tracks.time
    x, y = round(track.x_of(15.0)), track.height() / 2
    under = track.seconds_at(x)
    wheel(track, x, y, 2)
    assert time.span == pytest.approx(SECONDS * 0.64)
    assert track.seconds_at(x) == pytest.approx(under, abs=0.001)
    before = time.start, time.span
    wheel(track, x, y, -1, SHIFT)
    assert time.start == pytest.approx(before[0] + 0.1 * before[1])
    assert time.span == pytest.approx(before[1])
    for other in page.tracks.all:  # all axes are one
        assert other.box.viewRange()[0] == pytest.approx([time.start, time.end])


def test_ctrl_and_wheel_zoom_frequency_and_amplitude(page: Page) -> None:
    spectrogram, waveform, time = page.tracks.spectrogram, page.tracks.waveform, page.tracks.time
    x, y = at(spectrogram, 30.0, 0.75)
    height = spectrogram.height_at(y)
    wheel(spectrogram, x, y, 3, CTRL)
    low, high = spectrogram.heights
    assert high - low == pytest.approx(0.512)
    assert spectrogram.height_at(y) == pytest.approx(height, abs=0.005)
    assert time.span == SECONDS
    wheel(waveform, *at(waveform, 30.0), 1, CTRL)
    assert waveform.reach == pytest.approx(0.8)
    rows = (pixels(waveform)[:, 300, 2] > pixels(waveform)[:, 300, 0] + 60).mean()
    assert rows == pytest.approx(0.5 / 0.8, abs=0.06)  # half amplitude takes more of the height
    page.tracks.take_key(Qt.Key.Key_0)
    assert spectrogram.heights == (0.0, 1.0)
    assert waveform.reach == 1.0


def test_ticks_grow_denser_where_one_looks_closer(page: Page) -> None:
    ticks = page.tracks.spectrogram._ticks
    whole, close = ticks(0.0, 1.0, 12), ticks(0.4, 0.5, 12)
    assert len(close) >= 5
    assert len([1 for height, _ in whole if 0.4 <= height <= 0.5]) < len(close)
    page.controls.notes.setChecked(True)
    notes = [word for _, word in page.tracks.spectrogram._ticks(0.3, 0.42, 12)]
    assert len(notes) >= 5
    assert "C#6" in notes


def test_a_drag_selects_and_the_middle_button_pans(page: Page) -> None:
    track, time = page.tracks.spectrogram, page.tracks.time
    drag(track, at(track, 10.0), at(track, 25.0))
    assert time.selection == pytest.approx((10.0, 25.0), abs=0.2)
    time.clear_selection()
    time.show(20.0, 40.0)
    drag(track, at(track, 30.0), at(track, 25.0), button=MIDDLE)
    assert time.selection is None
    assert time.start == pytest.approx(25.0, abs=0.1)


def test_panning_as_a_mode_and_with_space_held(page: Page, qtbot: QtBot) -> None:
    track, time = page.tracks.waveform, page.tracks.time
    time.show(20.0, 40.0)
    page.tracks.choose(PANS, True)
    drag(track, at(track, 30.0), at(track, 32.0))
    assert time.selection is None
    assert time.start == pytest.approx(18.0, abs=0.1)
    page.tracks.choose(PANS, False)
    qtbot.keyPress(page, Qt.Key.Key_Space)
    drag(track, at(track, 30.0), at(track, 32.0))
    qtbot.keyRelease(page, Qt.Key.Key_Space)
    assert time.start == pytest.approx(16.0, abs=0.2)
    assert time.selection is None
    assert page.spaces == 0  # it was a drag
    drag(track, at(track, 20.0), at(track, 25.0))
    assert time.selection == pytest.approx((20.0, 25.0), abs=0.2)


def test_the_pointer_tells_what_a_drag_does(page: Page) -> None:
    track, time = page.tracks.spectrogram, page.tracks.time
    time.select(10.0, 20.0)
    edge = track.marks.region.lines[0]
    assert track.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor
    assert edge.cursor().shape() == Qt.CursorShape.SizeHorCursor
    time.set_panning(True)
    assert track.viewport().cursor().shape() == Qt.CursorShape.OpenHandCursor
    assert not edge.hasCursor()
    drag(track, at(track, 10.0), at(track, 12.0))  # its edge is not taken hold of
    assert time.selection == pytest.approx((10.0, 20.0))


def test_what_another_page_chose_is_shown(page: Page) -> None:
    before = pixels(page.tracks.spectrogram)
    page.hide()
    page.settings.set(GRID, True)
    page.settings.set(DB_LOW, -40)
    page.show()
    assert page.tracks.spectrogram.bar.ends.getRegion()[0] == pytest.approx(-40)
    assert (pixels(page.tracks.spectrogram) != before).any(axis=2).mean() > 0.5
    assert page.tracks.waveform._below.isVisible()


def test_space_alone_means_what_it_did(page: Page, qtbot: QtBot) -> None:
    qtbot.keyPress(page, Qt.Key.Key_Space)
    assert page.spaces == 0
    qtbot.keyRelease(page, Qt.Key.Key_Space)
    assert page.spaces == 1
    page.tracks.spectrogram.setFocus()
    qtbot.keyClick(page.tracks.spectrogram, Qt.Key.Key_Space)
    assert page.spaces == 2


def test_a_click_puts_the_cursor(page: Page) -> None:
    track, put = page.tracks.spectrogram, []
    track.clicked.connect(put.append)
    click(track, *at(track, 42.0))
    assert put == [pytest.approx(42.0, abs=0.1)]
    assert page.tracks.time.selection is None


def test_the_selection_and_its_edges_are_moved(page: Page) -> None:
    track, time = page.tracks.spectrogram, page.tracks.time
    time.select(10.0, 20.0)
    drag(track, at(track, 15.0), at(track, 35.0))
    assert time.selection == pytest.approx((30.0, 40.0), abs=0.2)
    drag(track, at(track, time.selection[1]), at(track, 50.0))
    assert time.selection == pytest.approx((30.0, 50.0), abs=0.3)
    drag(track, at(track, 44.0), at(track, 63.0))  # against the end: it keeps its length
    assert time.selection == pytest.approx((40.0, 60.0), abs=0.3)
    for other in page.tracks.all:
        assert other.marks.region.getRegion() == pytest.approx(time.selection)
    length = time.selection[1] - time.selection[0]
    assert page.tracks.waveform.marks.words.toPlainText() == f"{length:.2f} s"
    time.select(5.0, 5.25)
    assert page.tracks.waveform.marks.words.toPlainText() == "250 ms"
    time.clear_selection()
    assert not page.tracks.waveform.marks.words.isVisible()


def test_the_crosshair_is_in_all_tracks(page: Page) -> None:
    track = page.tracks.spectrogram
    move(track, *at(track, 12.0, 0.25))
    for other in page.tracks.all:
        assert other.marks.across.isVisible()
        assert other.marks.across.value() == pytest.approx(12.0, abs=0.1)
    assert track.marks.level.value() == pytest.approx(0.75, abs=0.02)
    assert not page.tracks.waveform.marks.level.isVisible()
    QApplication.sendEvent(track, QEvent(QEvent.Type.Leave))
    assert not track.marks.across.isVisible()


@pytest.fixture(autouse=True)
def _no_popup(monkeypatch: pytest.MonkeyPatch) -> None:
    """The menu is made but not shown: without a screen Qt warns that it cannot grab the keys."""
    monkeypatch.setattr(TrackMenu, "popup", lambda *_: None)


def test_the_menu_by_mouse_and_by_key(page: Page) -> None:
    tracks, time = page.tracks, page.tracks.time
    opened: list[tuple[Track, QPoint]] = []
    for track in tracks.all:
        track.menu_wanted.connect(lambda place, track=track: opened.append((track, place)))
    click(tracks.waveform, *at(tracks.waveform, 10.0), RIGHT)
    assert opened[0][0] is tracks.waveform
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(tracks.lanes, QContextMenuEvent(reason, QPoint(), QPoint(), NONE))
    assert opened[1][0] is tracks.lanes
    QApplication.sendEvent(page, QContextMenuEvent(reason, QPoint(), QPoint(), NONE))
    assert "Reset colours" in names(page.findChildren(TrackMenu)[-1])  # the spectrogram's
    time.select(10.0, 20.0)
    actions = names(tracks.open_menu(tracks.spectrogram))
    actions["Zoom to selection"].trigger()
    assert (time.start, time.end) == pytest.approx((10.0, 20.0))
    actions["View all\t0"].trigger()
    assert time.span == SECONDS


def test_the_menus_choices_are_kept(page: Page, qtbot: QtBot) -> None:
    tracks = page.tracks
    waveform = names(tracks.open_menu(tracks.waveform))
    waveform["Decibels (logarithmic)"].trigger()
    assert tracks.waveform.decibels
    assert page.settings.get(DECIBELS)
    with qtbot.waitSignal(tracks.mix_changed):
        waveform["Mix of all channels"].trigger()
    assert page.settings.get(MIX)
    waveform["Drag to scroll (or hold Space)"].trigger()
    assert tracks.time.panning
    waveform["Keep the playback position centred"].trigger()
    assert page.settings.get(FOLLOW) == "centre"
    spectrogram = names(tracks.open_menu(tracks.spectrogram))
    spectrogram["Log scale"].trigger()
    assert page.settings.get(SCALE) == "log"
    assert page.controls.scale.currentData() == "log"
    before = pixels(tracks.waveform)
    spectrogram["Grid"].trigger()
    assert page.settings.get(GRID)
    assert (pixels(tracks.waveform) != before).any(axis=2).sum() > 200  # lines across the plot


def test_a_waveform_in_decibels_is_larger_and_says_so(page: Page) -> None:
    track = page.tracks.waveform
    quiet = np.stack([np.full(600, -0.01), np.full(600, 0.01)]).astype(np.float32)
    track.set_envelope(quiet, 0.0, SECONDS)

    def share() -> float:
        column = pixels(track)[:, 300]
        return float((column[:, 2] > column[:, 0] + 60).mean())

    assert share() < 0.06
    page.tracks.choose(DECIBELS, True)
    assert share() == pytest.approx(1 / 3, abs=0.06)  # -40 of 60 dB
    words = [word for _, word in track._marks(0.0, 1.0, 8)]
    assert "0" in words
    assert "\u221260" in words


@pytest.mark.parametrize("height", [50, 80])
def test_low_strips_say_their_ends(page: Page, height: int) -> None:
    track = page.tracks.waveform
    track.setFixedHeight(height)
    track.set_envelope(np.zeros((2, 2, 600), np.float32), 0.0, SECONDS)
    pixels(track)
    words = [word for _, word in sorted(track._marks(0.0, 1.0, 2))]
    assert words == ["\u22121", "0", "0", "1"]


def test_the_name_of_the_frequencies_is_in_the_middle(page: Page) -> None:
    page.tracks.apply_style(View("stft", 22050))
    pixels(page.tracks.spectrogram)
    scale = page.tracks.spectrogram._scale
    label = scale.mapRectFromItem(scale.label, scale.label.boundingRect())
    assert scale.labelText == "Frequency (Hz)"
    assert label.center().y() == pytest.approx(scale.size().height() / 2, abs=2)


def test_the_ends_of_the_colours_are_said(page: Page) -> None:
    page.tracks.set_levels(-70, -5)
    words = [word for _, word in page.tracks.spectrogram.bar._marks(-120.0, 20.0, 5)]
    assert {"\u221270", "\u22125"} <= set(words)
    assert not {"\u221280", "0"} & set(words)  # too near to them


def test_colours_are_dragged_and_reset(page: Page) -> None:
    track, bar = page.tracks.spectrogram, page.tracks.spectrogram.bar
    scene = bar._box.mapRectToScene(bar._box.rect())

    def place(level: float) -> tuple[float, float]:
        return scene.center().x(), scene.bottom() - (level + 120) / 140 * scene.height()

    before = pixels(track)
    drag(track, place(page.settings.get(DB_HIGH)), place(0.0))
    assert page.settings.get(DB_HIGH) == pytest.approx(0, abs=1)
    assert page.controls.high.value() == page.settings.get(DB_HIGH)
    assert page.settings.get(DB_LOW) == DB_LOW.default
    assert (pixels(track) != before).any(axis=2).mean() > 0.5
    drag(track, place(-45.0), place(-65.0))  # both ends
    assert page.settings.get(DB_LOW) == pytest.approx(-110, abs=2)
    page.controls.low.setValue(-80)
    assert bar.ends.getRegion()[0] == pytest.approx(-80)
    double_click(track, *place(15.0))
    assert page.settings.get(DB_LOW) == DB_LOW.default
    assert page.controls.high.value() == DB_HIGH.default


def test_the_minimap_shows_and_moves_what_is_seen(page: Page) -> None:
    minimap, time = page.tracks.minimap, page.tracks.time

    def place(seconds: float) -> tuple[float, float]:
        box = minimap.box.mapRectToScene(minimap.box.rect())
        return box.left() + seconds / SECONDS * box.width(), box.center().y()

    time.show(10.0, 20.0)
    assert minimap.window_item.getRegion() == pytest.approx((10.0, 20.0))
    drag(minimap, place(15.0), place(40.0))
    assert (time.start, time.end) == pytest.approx((35.0, 45.0), abs=0.2)
    drag(minimap, place(45.0), place(55.0))
    assert (time.start, time.end) == pytest.approx((35.0, 55.0), abs=0.3)
    click(minimap, *place(12.0))
    assert (time.start + time.end) / 2 == pytest.approx(12.0, abs=0.2)
    wheel(minimap, *place(30.0), 1)
    assert time.span == pytest.approx(16.0, abs=0.3)
    assert (time.start + time.end) / 2 == pytest.approx(12.0, abs=0.2)


def test_what_plays_is_followed_unless_one_looks_elsewhere(page: Page) -> None:
    tracks, time = page.tracks, page.tracks.time
    time.show(0.0, 10.0)
    tracks.follow_playing(9.9)
    assert time.start == 0.0
    tracks.follow_playing(10.05)
    assert (time.start, time.end) == pytest.approx((10.05, 20.05))  # the next page
    time.show(40.0, 50.0)  # the user looks elsewhere
    tracks.follow_playing(20.1)
    tracks.follow_playing(21.0)
    assert time.start == 40.0
    tracks.choose(FOLLOW, "centre")
    time.show(20.0, 30.0)
    tracks.follow_playing(24.9)
    tracks.follow_playing(25.1)
    assert (time.start, time.end) == pytest.approx((20.1, 30.1))
    tracks.follow_playing(27.0 - 1.8)
    assert time.start == pytest.approx(20.2)
    time.show(23.0, 33.0)  # ahead: it waits until the cursor comes to the middle
    tracks.follow_playing(25.3)
    assert time.start == 23.0
    tracks.choose(FOLLOW, "no")
    time.show(20.0, 30.0)
    tracks.follow_playing(29.0)
    tracks.follow_playing(31.0)
    assert time.start == 20.0
    assert time.cursor == 31.0


def slanted(part: NDArray[np.int64]) -> bool:
    """Whether a picture is hatched: lines of two colours, alike along the diagonal."""
    alike = (part[1:, :-1] == part[:-1, 1:]).all(axis=2).mean()
    return len(np.unique(part.reshape(-1, 3), axis=0)) > 1 and alike > 0.95


def test_what_is_not_known_is_hatched_and_silence_is_not(page: Page) -> None:
    tracks = page.tracks
    silence = np.zeros((256, 600), dtype=np.uint8)
    tracks.spectrogram.set_picture(silence, 0.0, SECONDS, (0.0, SECONDS), 30.0)
    flat = np.zeros((2, 600), dtype=np.float32)
    tracks.waveform.set_envelope(flat, 0.0, SECONDS, (0.0, 30.0))
    tracks.lanes.set_lanes({"one": []}, {"one": [(30.0, SECONDS)]})
    for track in (tracks.spectrogram, tracks.waveform, tracks.lanes):
        seen = pixels(track)
        half, top = seen.shape[1] // 2, slice(4, 24)
        assert slanted(seen[top, half + 10 : -10])
        assert len(np.unique(seen[top, 10 : half - 10].reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("count", [2, 5])
def test_each_channel_has_its_strip(page: Page, count: int) -> None:
    track = page.tracks.waveform
    envelope = np.zeros((count, 2, 600), dtype=np.float32)
    envelope[1] = [[-0.8], [0.8]]
    track.set_envelope(envelope, 0.0, SECONDS)
    page.tracks._split.setSizes([300, 200, 100])
    QApplication.processEvents()
    assert track.strips == count
    column = pixels(track)[:, 300]
    loud = np.flatnonzero(column[:, 2] > column[:, 0] + 60)
    strip = len(column) / count
    inside = (loud > strip) & (loud < 2 * strip)
    assert inside.sum() == pytest.approx(0.8 * strip, abs=0.12 * strip)
    assert (~inside).sum() <= 3 * count  # a line each of silence
    page.tracks._split.setSizes([60, 400, 100])
    QApplication.processEvents()
    assert track.strips == (2 if count == 2 else 1)


@pytest.mark.parametrize("which", ["waveform", "spectrogram", "lanes"])
@pytest.mark.parametrize("dark", [False, True])
def test_each_track_is_exported(page: Page, which: str, dark: bool) -> None:
    track = getattr(page.tracks, which)
    size = QSize(700, 300)
    image = export.picture(track, size, 1.0, dark=dark)
    assert (image.pixelColor(2, 2).lightness() < 80) == dark
    ground = image.pixelColor(2, 2)

    def marked(area: QRectF) -> int:
        xs, ys = (
            range(int(area.left()), int(area.right())),
            range(int(area.top()), int(area.bottom())),
        )
        return sum(image.pixelColor(x, y) != ground for x in xs for y in ys)

    assert marked(QRectF(84, 2, 200, 22)) > 30  # the title
    assert marked(QRectF(84, 280, 500, 18)) > 60  # the times
    assert marked(QRectF(20, 30, 50, 200)) > 20  # the heights, or the lanes' names
    svg = export.data(track, export.SVG, size, dark=dark)
    assert svg.startswith(b"<?xml")
    assert track.title.encode() in svg
    lines = track.csv().splitlines()
    assert len(lines) >= 2
    assert all(line.count(",") == lines[0].count(",") for line in lines)
    before = pixels(track)
    export.picture(track, size, dark=dark)
    assert (pixels(track) == before).all()  # the track is as it was


def test_a_track_without_sound_is_exported_empty(qtbot: QtBot) -> None:
    tracks = Tracks(Settings(), interactive=True)
    qtbot.addWidget(tracks)
    for track in (tracks.waveform, tracks.spectrogram, tracks.lanes):
        assert len(track.csv().splitlines()) == 1
        assert not export.picture(track, QSize(400, 200), dark=True).isNull()


def test_what_rolls_is_not_moved_by_the_wheel(qtbot: QtBot) -> None:
    page = Page(interactive=False)
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    track, time = page.tracks.spectrogram, page.tracks.time
    assert not page.tracks.minimap.isVisible()
    wheel(track, *at(track, 30.0), 2)
    drag(track, at(track, 10.0), at(track, 30.0))
    assert time.span == SECONDS
    assert time.selection is None
    page.tracks.set_interactive(True)
    drag(track, at(track, 10.0), at(track, 30.0))
    assert time.selection == pytest.approx((10.0, 30.0), abs=0.2)


def test_a_fault_in_painting_is_told_once_and_kills_nothing(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr("sys.excepthook", lambda *fault: told.append(fault[1]))

    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(page.tracks.waveform, "paint_plot", break_down)
    for _ in range(3):
        page.tracks.waveform.grab()
    assert [type(fault) for fault in told] == [ZeroDivisionError]


def test_pictures_are_written(page: Page, tmp_path: Path) -> None:
    dialog = export.open_export(page.tracks.spectrogram, page)
    dialog.save_to(tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).width() == 2 * page.width()
