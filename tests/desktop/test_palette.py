"""One colour a class, wherever it is shown, that also colour-blind people tell apart."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop import style
from desktop.plots import marks
from desktop.plots.tracks.lanes import LanesTrack, Stretch
from desktop.plots.tracks.time_range import TimeRange
from desktop.style import CLASS_COLOURS, DARK, LIGHT, PATTERNS
from desktop.widgets.predictions import Bar, Predictions
from tests.desktop.conftest import Show

# How people without one kind of cone see linear RGB (Machado, Oliveira & Fernandes, "A
# physiologically-based model for simulation of color vision deficiency", 2009), whole deficiency.
SEEN = {
    "all cones": np.eye(3),
    "no long cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "no middle cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "no short cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])
LEAST = 25.0  # CIE 1976 colour difference; 2.3 can just be seen


def linear(colour: str) -> NDArray[np.float64]:
    named = QColor(colour)
    values = np.asarray([named.redF(), named.greenF(), named.blueF()])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.asarray([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(colour: str) -> float:
    return float(XYZ[1] @ linear(colour))


@pytest.mark.parametrize("seen", SEEN)
def test_the_eight_are_told_apart_whoever_looks(seen: str) -> None:
    assert len(CLASS_COLOURS) == 8
    places = [lab(SEEN[seen] @ linear(colour)) for colour in CLASS_COLOURS]
    for (one, a), (other, b) in itertools.combinations(zip(CLASS_COLOURS, places, strict=True), 2):
        assert np.linalg.norm(a - b) >= LEAST, (one, other)


def test_red_and_green_alone_would_fail() -> None:
    confused = SEEN["no middle cones"]
    a, b = (lab(confused @ linear(colour)) for colour in ("#c04040", "#6a7020"))
    assert np.linalg.norm(a - b) < LEAST


@pytest.mark.parametrize("ground", [LIGHT.panel, DARK.plot])
def test_each_is_seen_on_its_ground(ground: str) -> None:
    for colour in CLASS_COLOURS:
        low, high = sorted((luminance(colour), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 1.3, colour


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "_met", [])


def test_a_label_keeps_its_colour_and_more_differ_by_pattern(fresh: None, light: None) -> None:
    names = [f"class {n}" for n in range(8 * PATTERNS)]
    looks = [style.label_look(name) for name in names]
    assert len({(colour.name(), pattern) for colour, pattern in looks}) == len(names)
    assert [pattern for _, pattern in looks[:9]] == [0] * 8 + [1]
    assert style.label_look("class 3") == looks[3]
    # On the map, the cards and in the lanes alike.
    _, brush = marks.paint_of(0, "class 3")
    assert brush.color() == looks[3][0] == style.label_colour("class 3")


def test_colours_come_back_with_the_order(fresh: None) -> None:
    style.label_look("flute")
    style.label_look("cello")
    kept, cello = style.met_labels(), style.label_look("cello")
    style._met.clear()
    style.remember_labels(kept)
    assert style.label_look("cello") == cello


def _fills(picture: QImage, place: QRect) -> frozenset[int]:
    return frozenset(
        picture.pixel(x, y)
        for x in range(place.left(), place.right())
        for y in range(place.top(), place.bottom())
    )


def test_forty_classes_look_forty_ways_on_the_bars(
    fresh: None, light: None, show: Show, qtbot: QtBot
) -> None:
    """Where colours repeat, the pattern differs: on heard bars, and on paler ones."""
    names = [f"class {n}" for n in range(40)]
    assert len({(c.name(), p) for c, p in map(style.label_look, names)}) == len(names)
    panel = show(Predictions("Forty"))
    panel.resize(320, 200)
    for heard in (True, False):
        looks = {}
        for name in names[:1] + names[8::8]:  # of one colour
            panel.set_predictions(name, [Bar(name, 1.0, heard)])
            qtbot.wait(1)
            panel._easing.stop()
            panel._lengths = {name: 1.0}
            picture = panel.grab(QRect(150, 52, 60, 12)).toImage()
            looks[name] = picture.copy(QRect(0, 0, 60, 12))
        kept = list(looks.values())
        assert len(kept) == 5
        for one, other in itertools.combinations(kept, 2):
            assert one != other
        assert len(_fills(kept[0], QRect(2, 2, 50, 8))) == 1  # the first is plain
        assert all(len(_fills(one, QRect(2, 2, 50, 8))) > 1 for one in kept[1:])


def test_lanes_and_the_log_have_the_same_patterns(
    fresh: None, light: None, show: Show, qtbot: QtBot
) -> None:
    names = [f"class {n}" for n in range(40)]
    for name in names:
        style.label_look(name)
    of_one_colour = names[::8]
    swatches = [style.label_swatch(name, 12).toImage() for name in of_one_colour]
    assert all(a != b for a, b in itertools.combinations(swatches, 2))
    time = TimeRange()
    time.set_duration(10.0)
    track = show(LanesTrack(time))
    track.resize(600, 80)
    time.show(0.0, 10.0)
    found = []
    for name in of_one_colour:
        track.set_lanes({"lane": [Stretch(2.0, 2.2, name, 0.9)]})  # too short for its name
        qtbot.wait(20)
        found.append(track.grab().toImage())
    assert all(a != b for a, b in itertools.combinations(found, 2))


def test_what_is_only_possible_uses_up_no_colour(
    fresh: None, light: None, show: Show, qtbot: QtBot
) -> None:
    """The first eight labels that are said are plain, however many others were faint before."""
    panel = show(Predictions("Many"))
    for n in range(20):
        panel.set_predictions("", [Bar(f"perhaps {n}", 0.3, heard=False, threshold=0.5)])
        panel.grab()
    for n in range(8):
        panel.set_predictions(f"said {n}", [Bar(f"said {n}", 0.9, heard=True)])
        panel.grab()
    assert style.met_labels() == [f"said {n}" for n in range(8)]
    assert all(style.label_look(f"said {n}")[1] == 0 for n in range(8))


def test_a_long_verdict_is_not_cut_while_smaller_letters_fit(
    light: None, show: Show, qtbot: QtBot
) -> None:
    panel = show(Predictions("Instrument"))
    panel.resize(300, 200)
    words = "cello, probably piano, distorted guitar"
    ends = []
    for said in (words, words + " x"):
        panel.set_predictions(said, [Bar("cello", 0.9, heard=True)])
        qtbot.wait(1)
        image = panel.grab(QRect(0, 17, 300, 26)).toImage()
        ground = image.pixel(image.width() - 1, 0)
        columns = range(image.width())
        inked = [x for x in columns if any(image.pixel(x, y) != ground for y in range(26))]
        ends.append(max(inked))
    assert ends[0] != ends[1]  # the last letters are there
