"""Waveforms in a few columns."""

import numpy as np

from engine.pictures.thumbnail import thumbnail


def test_each_column_has_its_lowest_and_highest_as_shares_of_the_loudest() -> None:
    samples = np.zeros(1000, dtype=np.float32)
    samples[150], samples[950] = 0.25, -0.5
    found = thumbnail(samples, 10)
    assert found.shape == (2, 10)
    assert found[1, 1] == 0.5
    assert found[0, 9] == -1.0
    assert np.count_nonzero(found) == 2


def test_what_is_short_or_quiet_is_no_picture_of_noise() -> None:
    assert thumbnail(np.zeros(0, dtype=np.float32), 10).shape == (2, 0)
    assert thumbnail(np.ones(3, dtype=np.float32), 10).shape == (2, 3)
    assert np.abs(thumbnail(np.full(100, 1e-5, dtype=np.float32), 10)).max() < 0.02
