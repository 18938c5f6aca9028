"""Plots: well-formed, escaped, and drawing the values they were given."""

import math
import re
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from engine.evaluation.report.plots import bars, confusion, curves, reliability
from engine.evaluation.report.svg import CHARACTER, WIDTH, log_ticks, nice_ticks
from engine.evaluation.scores import ReliabilityBin

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert('&\"')</script>\x00"


def parsed(svg: str) -> Xml.Element:
    root = Xml.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox", "").startswith("0 0 560 ")
    assert not list(root.iter(f"{SVG}script"))
    return root


def words(root: Xml.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def inside(root: Xml.Element) -> None:
    """Every point lies on the picture."""
    width, height = (float(value) for value in root.get("viewBox", "").split()[2:])
    for element in root.iter():
        for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(element.get(name, 0)) <= most
        numbers = [float(value) for value in re.findall(r"-?[\d.]+", element.get("d", ""))]
        assert all(0 <= x <= width for x in numbers[::2])
        assert all(0 <= y <= height for y in numbers[1::2])


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 30, [5, 10, 15, 20, 25, 30]),
        (-0.1, 0.1, [-0.1, -0.05, 0, 0.05, 0.1]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round(low: float, high: float, wanted: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(wanted)


def test_log_ticks() -> None:
    assert log_ticks(1e-5, 1e-2) == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2])
    assert log_ticks(1e-3, 1e-2) == pytest.approx([1e-3, 2e-3, 5e-3, 1e-2])
    assert len(log_ticks(1e-30, 1)) <= 8


def test_a_curve_goes_down_with_its_values() -> None:
    root = parsed(curves({"training": [3.0, 2.0, 1.0]}, "epoch", "loss"))
    inside(root)
    drawn = [element.get("d", "") for element in root.iter(f"{SVG}path")][-1]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", drawn)]
    assert heights == sorted(heights)  # pixels count downwards
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)
    assert {"epoch", "loss", "training", "1", "2", "3"} <= set(words(root))


def test_missing_values_break_the_line() -> None:
    whole = parsed(curves({"a": [1.0, 2.0, 3.0, 4.0]}, "x", "y"))
    broken = parsed(curves({"a": [1.0, 2.0, math.nan, 3.0, 4.0]}, "x", "y"))
    lone = parsed(curves({"a": [1.0, 2.0, math.inf, 3.0]}, "x", "y"))
    assert len(list(broken.iter(f"{SVG}path"))) == len(list(whole.iter(f"{SVG}path"))) + 1
    assert len(list(lone.iter(f"{SVG}circle"))) == 1
    for root in (whole, broken, lone):
        inside(root)


def test_equal_steps_of_ten_are_equal_on_a_logarithmic_axis() -> None:
    root = parsed(curves({"rate": [1e-2, 1e-3, 1e-4, 0.0]}, "epoch", "rate", log=True))
    inside(root)
    drawn = [element.get("d", "") for element in root.iter(f"{SVG}path")][-1]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", drawn)]
    assert len(heights) == 3
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.2)


@pytest.mark.parametrize("values", [[], [math.nan], [0.0], [0.0, 0.0], [5.0], [1e-9, 1e9]])
@pytest.mark.parametrize("log", [False, True])
def test_odd_curves_are_still_pictures(values: list[float], log: bool) -> None:
    inside(parsed(curves({"a": values}, "x", "y", log=log)))
    parsed(curves({}, "x", "y", log=log))


def test_bars_are_as_long_as_their_values() -> None:
    root = parsed(bars({"a": 100.0, "b": 50.0, "c": math.nan}, "%", title="F1"))
    inside(root)
    widths = [float(element.get("width", 0)) for element in root.iter(f"{SVG}rect")]
    full, a, _, b, _, c = widths
    assert a == pytest.approx(full)
    assert b == pytest.approx(full / 2, abs=0.1)
    assert c == 0
    assert {"F1", "100.0 %", "50.0 %", "\N{EN DASH}"} <= set(words(root))
    parsed(bars({}, "", title="none"))


def test_the_confusion_matrix_shows_counts_and_shares() -> None:
    root = parsed(confusion(np.asarray([[3, 1], [0, 0]]), ["cello", "flute"]))
    inside(root)
    assert {"cello", "flute", "3", "1", "true", "predicted"} <= set(words(root))
    tips = [element.text for element in root.iter(f"{SVG}title")]
    assert "cello predicted as flute: 1 of 4 (25%)" in tips
    assert "flute predicted as cello: 0 of 0 (0%)" in tips
    styles = [element.get("style", "") for element in root.iter(f"{SVG}rect") if len(element)]
    shades = [float(re.findall(r"fill-opacity:([\d.]+)", style)[0]) for style in styles]
    assert shades == [0.75, 0.25, 0, 0]


@pytest.mark.parametrize("classes", [1, 2, 12, 50])
def test_confusion_matrices_of_any_size_fit(classes: int) -> None:
    names = [f"an instrument with a long name {index}" for index in range(classes)]
    root = parsed(confusion(np.full((classes, classes), 12345), names))
    inside(root)
    assert ("12345" in words(root)) == (classes <= 12)  # else the cells are too small
    for element in root.iter(f"{SVG}rect"):
        assert float(element.get("x", 0)) + float(element.get("width", 0)) <= 560


def test_the_reliability_diagram_has_a_bar_for_each_filled_bin() -> None:
    found = [
        ReliabilityBin(0.0, 0.5, math.nan, math.nan, 0),
        ReliabilityBin(0.5, 1.0, 0.8, 0.6, 10),
    ]
    root = parsed(reliability(found))
    inside(root)
    assert len(list(root.iter(f"{SVG}rect"))) == 2  # accuracy and count
    assert "10 windows: confidence 0.80, accuracy 0.60" in [
        element.text for element in root.iter(f"{SVG}title")
    ]
    parsed(reliability([]))


def test_names_are_escaped() -> None:
    drawn = [
        curves({NASTY: [1.0, 2.0]}, NASTY, NASTY),
        bars({NASTY: 1.0}, NASTY, title=NASTY),
        confusion(np.ones((1, 1), dtype=np.int64), [NASTY]),
    ]
    for svg in drawn:
        assert "<script" not in svg
        assert any("<script>" in text for text in words(parsed(svg)))


def test_a_legend_that_is_too_long_goes_on_in_further_rows() -> None:
    names = [f"batch size {2**n}" for n in range(6, 14)]
    picture = str(curves({name: [1.0, 0.5] for name in names}, "epoch", "loss"))
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>(batch size \d+)<', picture)
    assert [name for _, _, name in found] == names
    for x, _, name in found:
        assert float(x) + CHARACTER * len(name) <= WIDTH
    rows = sorted({float(y) for _, y, _ in found})
    assert len(rows) > 1
    highest = min(float(y) for y in re.findall(r'<line x1="[\d.]+" y1="([\d.]+)"', picture))
    assert highest > rows[-1]  # the plot begins under them
