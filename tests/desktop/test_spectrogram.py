"""The spectrogram's columns stand where they belong in time, to both ends of the sound."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from desktop.plots.tracks.axes import GUTTER, MARGIN
from desktop.plots.tracks.overlay import Overlay
from desktop.plots.tracks.spectrogram import SpectrogramTrack
from desktop.plots.tracks.time_range import TimeRange

WIDTH = 400


@pytest.fixture
def track(qtbot: QtBot) -> SpectrogramTrack:
    time = TimeRange()
    time.set_duration(4.0)
    made = SpectrogramTrack(time)
    qtbot.addWidget(made)
    time.setParent(made)
    made.set_scale(lambda *_: [], (0.0, 255.0), fixed=True)
    made.resize(GUTTER + WIDTH + MARGIN, 120)
    made.show()
    return made


def row(track: SpectrogramTrack) -> NDArray[np.int64]:
    """Lightness of a line of pixels of the plot."""
    image = track.grab().toImage()
    line = [image.pixelColor(GUTTER + x, 60).red() for x in range(WIDTH)]
    return np.asarray(line)


def same(shown: NDArray[np.int64], value: int) -> None:
    """All of one value, but for Qt's rounding."""
    assert len(shown)
    assert np.abs(shown - value).max() <= 1


def columns(values: list[int], rows: int = 8) -> NDArray[np.uint8]:
    return np.tile(np.asarray(values, dtype=np.uint8), (rows, 1))


def test_columns_stand_in_time_and_the_outermost_reach_the_ends(track: SpectrogramTrack) -> None:
    # Three columns of a second, of a sound of 4 s: half a second is missing at each end.
    track.set_picture(columns([80, 160, 240]), 0.5, 3.5, (0.0, 4.0))
    shown = row(track)
    seconds = (np.arange(WIDTH) + 0.5) * 4.0 / WIDTH
    same(shown[seconds < 1.5], 80)
    same(shown[(seconds > 1.5) & (seconds < 2.5)], 160)
    same(shown[seconds > 2.5], 240)
    assert track.value_at(0.1, 0.5) == pytest.approx(80)
    assert track.value_at(3.9, 0.5) == pytest.approx(240)
    assert track.value_at(4.1, 0.5) is None


def test_details_cover_what_they_were_made_for_and_no_more(track: SpectrogramTrack) -> None:
    track.set_picture(columns([80, 160, 240]), 0.5, 3.5, (0.0, 4.0))
    track.set_detail(columns([20, 40]), 0.25, 0.75, (0.0, 0.75))
    shown = row(track)
    same(shown[:50], 20)
    same(shown[50:75], 40)
    assert shown[80] == 80


def test_rolling_columns_lie_around_what_they_look_at(track: SpectrogramTrack) -> None:
    track.start_rolling(8, 6, 0.5, 0.25)
    track.append(columns([50, 100, 150]).astype(np.float32))
    track.time.follow(2.0, 2.0)
    seconds, shown = (np.arange(WIDTH) + 0.5) * 2.0 / WIDTH, row(track)
    same(shown[seconds < 0.74], 50)
    same(shown[(seconds > 0.76) & (seconds < 1.24)], 100)
    same(shown[seconds > 1.26], 150)  # the newest reaches up to now
    assert track.value_at(0.8, 0.5) == pytest.approx(100)
    track.append(columns([200, 210, 220, 230, 240]).astype(np.float32))  # round the ring
    track.time.follow(4.25, 3.0)
    seconds, shown = 1.25 + (np.arange(WIDTH) + 0.5) * 3.0 / WIDTH, row(track)
    for index, value in enumerate([200, 210, 220, 230, 240], start=3):
        inside = np.abs(seconds - (0.25 + 0.5 * index + 0.25)) < 0.24
        same(shown[inside], value)


def test_an_overlay_lies_on_its_rows_and_columns(track: SpectrogramTrack) -> None:
    track.set_picture(columns([200, 200, 200]), 0.5, 3.5, (0.0, 4.0))
    values = np.zeros((2, 4), dtype=np.float32)
    values[1, 2] = 1.0
    heights = np.asarray([0.1, 0.5, 0.7])
    track.set_overlay(Overlay(values, 1.0, 3.0, heights, "#00ffff"))
    image = track.grab().toImage()

    def colour(seconds: float, height: float) -> tuple[int, int, int]:
        x = round(GUTTER + seconds * WIDTH / 4)
        pixel = image.pixelColor(x, round((1 - height) * 120))
        return pixel.red(), pixel.green(), pixel.blue()

    assert colour(0.5, 0.5) == (200, 200, 200)  # beside it the picture is as it was
    red, green, blue = colour(2.25, 0.6)
    assert green > 200
    assert blue > 200
    assert red < 60
    for seconds, height in ((1.25, 0.6), (2.25, 0.4), (2.25, 0.8), (2.25, 0.05)):
        red, green, blue = colour(seconds, height)
        assert red == green == blue
        assert 60 < red < 150  # dimmed, so that what is marked stands out
    track.time.show(2.0, 2.5)  # a column over all the width, cut out of the picture
    assert track.grab().toImage().pixelColor(GUTTER + WIDTH // 2, 48).green() > 200
    track.set_overlay(None)
    assert row(track)[200] == 200


def test_no_word_of_the_scale_is_cut_or_on_another(track: SpectrogramTrack) -> None:
    def dark(top: int, bottom: int) -> list[int]:
        """Lines of pixels of the gutter that hold something of a word."""
        image = track.grab().toImage()
        empty = image.pixelColor(2, 60)
        at = range(GUTTER - 7)
        return [y for y in range(top, bottom) if any(image.pixelColor(x, y) != empty for x in at)]

    three = [(0.0, "1k"), (0.5, "2k"), (1.0, "3k")]
    track.set_scale(lambda *_: three, (0.0, 255.0), fixed=True)
    whole = len(dark(40, 80))
    assert len(dark(0, 30)) == whole
    assert len(dark(90, 120)) == whole
    track.set_scale(lambda *_: [(0.5, "1k"), (0.52, "2k")], (0.0, 255.0), fixed=True)
    assert len(dark(30, 90)) == whole
