"""Notes begin where they were played."""

import numpy as np
import pytest

from engine.audio import read
from engine.datasets.onsets import onsets
from resources import resource

RATES = (8000, 16000, 22050, 44100)
# The first notes of resources/sounds/flute.ogg in seconds, as they were heard and seen in its
# waveform; librosa 0.11 finds them, and a version that does not would cut notes otherwise.


def test_what_is_no_number_begins_at_its_beginning() -> None:
    samples = np.full(4000, np.nan, dtype=np.float32)
    assert onsets(samples, 8000).tolist() == [0]
