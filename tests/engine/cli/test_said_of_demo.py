"""What ``earmark classify`` says of the sounds that Earmark comes with: who plays, and when."""

import re

import pytest

from engine.cli.app import run
from resources import resource

_LANE = re.compile(r"^\s+([\d.]+) -\s+([\d.]+) s\s+(.+?)\s+\d+%$", re.MULTILINE)
# Each section's seconds, and who leads there: soloists, a band, a machine, a duet, voices.
SECTIONS = (
    (0.0, 8.0, "piano"),
    (8.0, 16.0, "cello"),
    (16.0, 24.0, "distorted guitar"),
    (24.0, 32.0, "drums"),
    (32.0, 35.0, "flute"),
    (35.0, 40.0, "harp"),
    (40.0, 48.0, "voice"),
)
_BRIEF = {"flute", "harp"}  # far briefer than others: in the lanes, but not in the summary
_ONSET = 1.8  # seconds until a label has to be there, a family may stand for it before


def said(name: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, list[tuple[str, str, str]]]:
    """The words of the verdict, and the lanes: start, end and label."""
    assert run(["classify", "-c", "instrument", str(resource("sounds", f"{name}.ogg"))]) == 0
    text = capsys.readouterr().out
    words = re.search(r"^\s+instrument: (.+)$", text, re.MULTILINE)
    assert words is not None, text
    return words[1].strip(), _LANE.findall(text)


def test_each_section_of_the_demo_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words, lanes = said("demo", capsys)
    assert set(words.split(", ")) == {label for _, _, label in SECTIONS} - _BRIEF
    for start, end, wanted in SECTIONS:
        inside = [
            (max(start + _ONSET, float(first)), min(end, float(last)), label)
            for first, last, label in lanes
        ]
        heard = {label: last - first for first, last, label in inside if last - first > 0.5}
        assert list(heard) == [wanted]
        assert heard[wanted] > 0.9 * (end - start - _ONSET)


@pytest.mark.parametrize(
    ("name", "wanted"), [("flute", "flute"), ("harpsichord", "harpsichord"), ("chorale", "organ")]
)
def test_soloists_are_named_alone(
    name: str, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, lanes = said(name, capsys)
    assert words == wanted
    assert [label for _, _, label in lanes][-1] == wanted
    assert float(lanes[0][0]) < 1.0
