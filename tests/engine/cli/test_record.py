"""``earmark record`` with a microphone that goes, loses samples or never comes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.audio import Ring, read
from engine.audio.devices import DeviceId, InputDevice
from engine.cli import microphone
from engine.cli.app import run
from engine.errors import AudioError

RATE = 48000


class Going:
    """Hears a tenth of a second at each look, then is unplugged."""

    device = InputDevice(DeviceId("Going", "Test"), 1, RATE, True, 0)
    rate_hz = RATE

    def __init__(self, looks: int, dropped: int = 0, keeps: float = 10.0) -> None:
        self.ring = Ring(round(keeps * RATE))
        self.dropped = dropped
        self._looks = looks

    def __enter__(self) -> "Going":
        return self

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> None:
        if self._looks == 0:
            raise AudioError("The microphone 'Going' was disconnected: it was unplugged.")
        self._looks -= 1
        self.ring.write(np.full((1, RATE // 10), 0.25, dtype=np.float32))


Record = Callable[..., tuple[int, str]]


@pytest.fixture
def record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Record:
    def recorded(heard: Going, *words: str) -> tuple[int, str]:
        monkeypatch.setattr(microphone, "Microphone", lambda *_, **__: heard)
        monkeypatch.setenv("COLUMNS", "400")
        code = run(["record", str(tmp_path / "a.flac"), *words])
        return code, capfd.readouterr().err

    return recorded


def test_what_was_kept_is_said_when_a_microphone_goes(record: Record, tmp_path: Path) -> None:
    code, said = record(Going(looks=5))
    assert code == 2
    assert "was disconnected" in said
    assert "0.5 s were recorded before and are kept in" in said
    assert "a.flac" in said
    assert read(tmp_path / "a.flac").duration_seconds == 0.5
    assert "lost" not in said


def test_a_microphone_that_goes_at_once_leaves_no_file(record: Record, tmp_path: Path) -> None:
    code, said = record(Going(looks=0))
    assert code == 2
    assert "Nothing was recorded" in said
    assert list(tmp_path.iterdir()) == []


def test_lost_samples_are_said(record: Record, tmp_path: Path) -> None:
    code, said = record(Going(looks=9, dropped=RATE // 4), "--seconds", "0.4")
    assert code == 0
    assert "0.4 s recorded" in said
    assert "0.25 s of sound were lost" in said
    (tmp_path / "a.flac").unlink()
    code, said = record(Going(looks=9, keeps=0.06), "--seconds", "0.1")  # a ring that overflows
    assert code == 0
    assert "of sound were lost" in said


def test_an_existing_file_is_kept(record: Record, tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_text("precious")
    code, said = record(Going(looks=3))
    assert code == 2
    assert "already exists" in said
    assert (tmp_path / "a.flac").read_text() == "precious"
