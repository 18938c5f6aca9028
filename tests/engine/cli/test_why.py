"""``earmark why`` as one types it."""

from pathlib import Path

import pytest

from engine.audio import Audio, write
from engine.cli.app import run
from tests.planted import RATE, beeper, burst


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    write(tmp_path / "burst.wav", Audio(burst(3.0, at=1.0)[None], RATE))
    beeper().save(tmp_path / "planted.safetensors")
    return tmp_path / "burst.wav"


def why(sound: Path, *words: str) -> int:
    model = str(sound.with_name("planted.safetensors"))
    return run(["why", str(sound), "--at", "1.5", "-c", model, *words])


def test_it_names_the_band_and_the_moment(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(sound, "--label", "beep") == 0
    head, first, *_, last = capsys.readouterr().out.splitlines()
    assert head == "beep 99% from 1.0 to 2.0 s; evidence:"
    share, start, _, end, _, low, _, high, _ = first.split()
    assert int(share.rstrip("%")) > 30
    assert 1.2 < float(start) < float(end) < 1.8
    assert float(low) < 3000 < float(high)
    assert last.endswith("within 0.0%.")


def test_it_draws_and_lists(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, table = sound.with_suffix(".svg"), sound.with_suffix(".csv")
    assert why(sound, "--label", "beep", "--picture", str(picture)) == 0
    text = picture.read_text(encoding="utf-8")
    assert "Evidence for beep (99%)" in text
    assert text.count("<rect") > 10
    assert why(sound, "--label", "beep", "--picture", str(table)) == 0
    head, *lines = table.read_text(encoding="utf-8").splitlines()
    assert head == "start_seconds,end_seconds,low_hz,high_hz,attribution"
    rows = [tuple(map(float, line.split(","))) for line in lines]
    start, _, low, high, _ = max(rows, key=lambda row: row[4])
    assert 1.38 < start < 1.62
    assert 2700 < (low + high) / 2 < 3300


def test_mistakes_are_named(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(sound, "--label", "tuba") == 2
    assert "has no label 'tuba'" in capsys.readouterr().err
    assert why(sound, "--picture", "why.pdf") == 2
    assert "not an .svg or .csv file" in capsys.readouterr().err
    assert run(["why", str(sound), "--at", "99"]) == 2
    assert "3.0 s long" in capsys.readouterr().err
