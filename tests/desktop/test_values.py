"""Values in the window: curves under the lanes, points in a plane, a panel of rows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop.pages.file.page import FilePage
from desktop.pages.models.page import ModelsPage
from desktop.plots.tracks.time_range import TimeRange
from desktop.plots.values.plane import Plane
from desktop.plots.values.track import ValueCurves, ValuesTrack
from desktop.session import Session
from desktop.shared.values import curves_of
from desktop.widgets.dimensions import Dimensions
from desktop.widgets.predictions import Bar
from engine.audio import Audio, write
from engine.classifier.card import Calibration, Card, Part
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.features import build_feature
from engine.networks import build_network
from engine.recognition.decisions import Decision, values_told
from tests.desktop.conftest import Show

NAMES, RANGES = ("valence", "arousal", "tempo"), ((-1.0, 1.0), (-1.0, 1.0), (40.0, 200.0))
WINDOW = 8192


def regression() -> Classifier:
    torch.manual_seed(3)
    arguments = {"n_mfcc": 13, "rate_hz": 16000}
    feature = build_feature("mfcc", arguments)
    shape = {"bands": 13, "frames": feature.frame_count(WINDOW), "classes": 3, "hidden": [4]}
    card = Card(
        name="feelings",
        title="Feelings",
        description="for tests",
        task="regression",
        multi_label=False,
        labels=list(NAMES),
        ranges=list(RANGES),
        rate_hz=16000,
        window_samples=WINDOW,
        hop_samples=WINDOW // 2,
        feature=Part(name="mfcc", arguments=arguments),
        network=Part(name="dense", arguments=shape),
        calibration=Calibration(thresholds=[], scale=[0.1, 0.1, 10.0], bias=[0.2, -0.1, 120.0]),
        licence="Apache-2.0",
        date="2026-11-28",
    )
    return Classifier(card, feature, build_network("dense", shape))


def curves(count: int = 40, gap: slice | None = None) -> ValueCurves:
    times = np.arange(count) * 0.5
    values = np.stack([np.sin(times), np.cos(times), 120 + times], axis=1)
    if gap is not None:
        values[gap] = np.nan
    return ValueCurves(NAMES, RANGES, times, values, 0.5)


@pytest.fixture
def track(qtbot: QtBot) -> ValuesTrack:
    time = TimeRange()
    time.set_duration(20.0)
    made = ValuesTrack(time)
    qtbot.addWidget(made)
    made.resize(600, 140)
    return made


def ink(track: ValuesTrack) -> np.ndarray:
    """Which columns of the lower half of the plot hold a curve: bool, shape (pixels,)."""
    image = track.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    shape = image.height(), image.bytesPerLine() // 4, 4
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(shape)[:, : image.width()]
    plot = track.plot.toRect()
    part = pixels[plot.top() + 45 : plot.bottom() - 2, plot.left() + 2 : plot.right() - 2, :3]
    found: np.ndarray = (part.astype(int).max(2) - part.astype(int).min(2) > 60).any(0)
    return found


def test_without_dimensions_there_is_no_track(track: ValuesTrack) -> None:
    assert track.isHidden()
    track.set_curves({"mood": curves()})
    assert not track.isHidden()
    track.set_curves({})
    assert track.isHidden()


def test_a_curve_breaks_where_there_are_no_values(track: ValuesTrack) -> None:
    track.set_curves({"mood": curves()})
    track.show()
    assert ink(track).mean() > 0.9
    track.set_curves({"mood": curves(gap=slice(10, 30))})  # 5 to 15 s of 20
    drawn = ink(track)
    middle = len(drawn) // 2
    assert not drawn[middle - 40 : middle + 40].any()
    assert drawn[: len(drawn) // 5].any()


def test_values_at_the_cursor_are_told(track: ValuesTrack) -> None:
    track.set_titles({"mood": "Mood"})
    track.set_curves({"mood": curves()})
    track.time.set_cursor(10.0)
    words = f"Mood: valence {np.sin(10):.2f}, arousal {np.cos(10):.2f}, tempo 130.00"
    assert track.toolTip() == words
    assert words in track.accessibleDescription()
    head, *rows = track.csv().splitlines()
    assert head == "lane,time,valence,arousal,tempo"
    assert rows[0] == "mood,0.000,0.0000,1.0000,120.0000"


def test_dimensions_of_one_size_share_a_scale() -> None:
    alike = ValueCurves(("a", "b"), ((0.0, 0.5), (0.1, 0.9)))
    assert alike.scales() == ((0.0, 0.9), (0.0, 0.9))
    assert curves().scales() == RANGES  # tempo is of another size


def test_the_plane_has_a_point_and_its_way(qtbot: QtBot) -> None:
    plane = Plane()
    qtbot.addWidget(plane)
    plane.set_axes(("valence", "arousal"), ((-1.0, 1.0), (-1.0, 1.0)))
    assert plane.now is None
    plane.show_way(np.asarray([[0.0, 0.0], [np.nan, np.nan], [0.5, 0.5]]), (0.25, -2.0))
    assert plane.now == (0.25, -2.0)
    low, high = plane.box.viewRange()[1]
    assert low < -2.0  # a value beyond the scale is in sight
    assert high >= 1.0
    assert plane.csv().splitlines() == [
        "point,valence,arousal", "way,0.0,0.0", "way,0.5,0.5", "now,0.25,-2.0",
    ]  # fmt: skip
    assert plane.accessibleDescription() == "valence 0.25, arousal -2.00"


def test_any_pair_can_be_chosen(qtbot: QtBot) -> None:
    panel = Dimensions("Feelings", NAMES, RANGES)
    qtbot.addWidget(panel)
    assert panel.pair == ("valence", "arousal")
    bars = [Bar("valence", 0.5, False), Bar("arousal", -0.25, False), Bar("tempo", 90.0, False)]
    panel.set_predictions("valence 0.50, ...", bars)
    assert panel.plane.now == (0.5, -0.25)
    panel.up.setCurrentText("tempo")
    assert panel.plane.now == (0.5, 90.0)
    panel.show_curves(curves())
    assert len(panel.plane.csv().splitlines()) == 42
    panel.set_predictions("silence", [Bar(name, 0.0, False, "silence") for name in NAMES])
    assert panel.plane.now is None
    assert panel.rows.accessibleDescription() == "silence"


def test_a_click_on_a_dimension_asks_why(qtbot: QtBot) -> None:
    panel = Dimensions("Feelings", NAMES, RANGES)
    qtbot.addWidget(panel)
    panel.resize(300, 400)
    panel.set_predictions("", [Bar(name, 0.1, False) for name in NAMES])
    with qtbot.waitSignal(panel.asked) as asked:
        qtbot.mouseClick(panel.rows, Qt.MouseButton.LeftButton, pos=QPoint(40, 22 + 22 + 5))
    assert asked.args == ["arousal"]


def test_silence_leaves_a_gap() -> None:
    decisions: Mapping[str, list[Decision]] = {
        "feelings": [
            values_told((0.5, 1.0), NAMES, np.asarray([0.1, 0.2, 100.0]), ""),
            values_told((1.0, 0.0), NAMES, np.asarray([0.1, 0.2, 100.0]), "silence"),
        ]
    }
    found = curves_of(decisions, {"feelings": 0.5}, {"feelings": regression()})["feelings"]
    assert np.isfinite(found.values[0]).all()
    assert np.isnan(found.values[1]).all()
    assert found.ranges == RANGES


@pytest.fixture
def known(session: Session, tmp_path: Path) -> Session:
    path = tmp_path / "feelings.safetensors"
    regression().save(path)
    Catalog().add(path)
    return session


def test_a_file_shows_curves_and_a_point(
    known: Session, show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    sound = np.random.default_rng(1).standard_normal((1, 16000 * 4)) * 0.1
    write(tmp_path / "noise.wav", Audio(sound.astype(np.float32), 16000))
    with qtbot.waitSignal(known.classifiers_loaded, timeout=120_000):
        known.set_loaded(("feelings",))
    page = show(FilePage(known))
    with qtbot.waitSignal(page.analysed, timeout=120_000):
        page.open(tmp_path / "noise.wav")
    shown = page.tracks.values.curves["feelings"]
    assert page.tracks.values.isVisible()
    assert len(shown.times) == len(page.found.timelines["feelings"])  # type: ignore[union-attr]
    assert "feelings" not in page.tracks.lanes._lanes  # what gives values has no stretches
    panel = page.panels._panels["feelings"]
    assert isinstance(panel, Dimensions)
    now = panel.plane.now
    assert now is not None
    assert now[0] == pytest.approx(float(np.nanmean(shown.values[:, 0])), abs=0.02)
    page.explainer.explain("feelings", "tempo", 2.0)
    qtbot.waitUntil(lambda: page.explainer.why.explanation is not None, timeout=60_000)
    assert "tempo" in page.explainer.why.strip.text
    assert "%" not in page.explainer.why.strip.text.split(".")[0]


def test_the_models_page_tells_scales_and_no_thresholds(
    known: Session, show: Show, qtbot: QtBot
) -> None:
    page = show(ModelsPage(known))
    qtbot.waitUntil(lambda: "feelings" in page.found.listed, timeout=120_000)
    page.list.select("feelings")
    words = page.card.facts["classes"].text()
    assert words.startswith("3 dimensions with values: valence (-1 to 1)")
    assert not page.card.thresholds.rows  # values have none
