"""Notes begin where they were written and played."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio import read
from engine.datasets.onsets import onsets
from resources import resource

RATES = (8000, 16000, 22050, 44100)


@pytest.mark.parametrize("rate_hz", RATES)
def test_the_harpsichords_notes_are_found(rate_hz: int) -> None:
    """Eighths at 104 beats a minute, as packaging/sounds/make_sounds.py wrote them."""
    samples = read(resource("sounds", "harpsichord.ogg"), rate_hz=rate_hz, mono=True).samples[0]
    found = onsets(samples, rate_hz) / rate_hz
    written = np.arange(31) * 30 / 104
    assert np.abs(found[:, None] - written).min(axis=0).max() < 0.06
    assert len(found) <= len(written) + 3


@pytest.mark.shared_data
def test_notes_of_an_orchestra_begin_with_their_sound(shared_data: Path) -> None:
    """A note a file: cut where it begins, so that no window begins in the silence before."""
    wrong = []
    paths = sorted((shared_data / "philharmonia").glob("*/*_forte_*.mp3"))[::60]
    assert len(paths) > 5
    for path in paths:
        samples = read(path, rate_hz=22050, mono=True).samples[0]
        level = np.abs(samples)
        sounding = np.flatnonzero(level > 0.1 * level.max())[0] / 22050
        first = onsets(samples, 22050)[0] / 22050
        if not -0.15 < first - sounding < 0.05:
            wrong.append((path.name, first, sounding))
    assert len(wrong) <= len(paths) // 10, wrong


def test_what_is_no_number_begins_at_its_beginning() -> None:
    samples = np.full(4000, np.nan, dtype=np.float32)
    assert onsets(samples, 8000).tolist() == [0]
