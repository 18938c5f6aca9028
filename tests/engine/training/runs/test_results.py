"""What a run said of its test part: whatever is damaged in the file is one error of ours."""

import random
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError
from engine.evaluation.results import Results
from engine.training.runs.results import read_results, write_results


def test_damage_is_one_error(tmp_path: Path) -> None:
    made = Results(
        labels=("a", "b"),
        probabilities=np.asarray([[0.75, 0.25], [0.5, 0.5]], dtype=np.float32),
        truth=np.asarray([0, 1]),
        recordings=("x", "y"),
        starts=np.asarray([0.0, 1.0]),
    )
    write_results(made, tmp_path)
    np.testing.assert_array_equal(read_results(tmp_path).probabilities, made.probabilities)
    path = tmp_path / "probabilities.npz"
    whole, rng, refused = path.read_bytes(), random.Random(1), 0
    for _ in range(200):
        broken = bytearray(whole)
        for _ in range(3):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        end = rng.choice((len(broken), rng.randrange(len(broken))))
        path.write_bytes(bytes(broken[:end]))
        try:
            read_results(tmp_path)
        except DataError:
            refused += 1
    assert refused > 100
    path.write_bytes(whole[:100])
    with pytest.raises(DataError, match="no results to compare"):
        read_results(tmp_path)
