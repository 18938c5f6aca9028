"""Finished features in whatever files students have: read, with their labels and groups."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.datasets import open_dataset
from engine.datasets.arrays import feature_rows
from engine.errors import DataError
from tests import corpora


def velardo(path: Path, rows: int = 6, **changes: Any) -> Path:
    """As Velardo's course writes it: indented, labels by number, frames of 13 coefficients."""
    rng = np.random.default_rng(1)
    mfcc = rng.normal(size=(rows, 130, 13)).round(3).tolist()
    found = {"mapping": ["genres/blues", "genres\\jazz"], "labels": [0, 1] * (rows // 2),
             "mfcc": mfcc} | changes  # fmt: skip
    path.write_text(json.dumps(found, indent=4), encoding="utf-8")
    return path


def test_velardos_json(tmp_path: Path) -> None:
    path = velardo(tmp_path / "data.json")
    for place in (path, tmp_path):
        dataset = open_dataset(place)
        assert dataset.features
        assert dataset.labels == ("blues", "jazz")
        values = feature_rows(dataset)
        assert values.shape == (6, 13, 130)
        known = json.loads(path.read_text())["mfcc"]
        assert values[2, 5, 7] == pytest.approx(known[2][7][5])
        assert "too optimistic" in dataset.warnings[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [0, 1, 2, 0, 1, 0]}, "not one of the 2 classes"),
        ({"labels": [0, 1]}, "6 features, 2 labels"),
        ({"mfcc": [[[1.0]], [[1.0], [2.0]]], "labels": [0, 1]}, "not all of one shape"),
    ],
)
def test_json_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = velardo(tmp_path / "data.json", **changes)
    with pytest.raises(DataError, match=message):
        feature_rows(open_dataset(path))


def test_archive_with_parts_and_one_hot_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    arrays = {"X_train": rng.normal(size=(8, 5)), "y_train": np.eye(3)[rng.integers(0, 3, 8)],
              "X_test": rng.normal(size=(4, 5)), "y_test": np.eye(3)[[0, 1, 2, 0]]}  # fmt: skip
    np.savez(tmp_path / "all.npz", **arrays)
    dataset = open_dataset(tmp_path / "all.npz")
    assert [e.fold for e in dataset.excerpts] == ["training"] * 8 + ["test"] * 4
    assert [e.label for e in dataset.excerpts[8:]] == ["0", "1", "2", "0"]
    values = feature_rows(dataset)
    np.testing.assert_allclose(values[8:, :, 0], arrays["X_test"], rtol=1e-6)


def test_pair_of_arrays_with_words_as_labels(tmp_path: Path) -> None:
    values = np.arange(24.0).reshape(4, 3, 2)  # 3 frames of 2 bands
    np.save(tmp_path / "features.npy", values)
    np.save(tmp_path / "labels.npy", np.array(["oboe", "horn", "oboe", "horn"]))
    dataset = open_dataset(tmp_path)
    assert dataset.labels == ("horn", "oboe")
    np.testing.assert_array_equal(feature_rows(dataset), values.transpose(0, 2, 1))


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", np.array([{"a": 1}, {"b": 2}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "y.npy", np.arange(2))
    with pytest.raises(DataError):
        open_dataset(tmp_path)


def test_table_of_segments_keeps_tracks_together(tmp_path: Path) -> None:
    rows = ["filename,length,chroma_mean,tempo,label"]
    rows += [f"blues.0000{t}.{s}.wav,66149,0.{t}{s},12{s},blues" for t in (0, 1) for s in (0, 1)]
    rows += [f"jazz.0000{t}.{s}.wav,66149,0.{t}{s},12{s},jazz" for t in (0, 1) for s in (0, 1)]
    (tmp_path / "features_3_sec.csv").write_text("\n".join(rows) + "\n")
    dataset = open_dataset(tmp_path)
    assert dataset.groups[:4] == ("blues.00000", "blues.00000", "blues.00001", "blues.00001")
    assert dataset.warnings == ()
    values = feature_rows(dataset)
    assert values.shape == (8, 2, 1)  # the length is no feature
    assert values[3, :, 0].tolist() == pytest.approx([0.11, 121.0])


def test_a_table_of_sounds_stays_one(tmp_path: Path) -> None:
    corpora.write(tmp_path / "a.wav", corpora.sound(1, 1, 0.1))
    (tmp_path / "manifest.csv").write_text("path,label,year\na.wav,x,1990\n")
    assert not open_dataset(tmp_path).features


def test_features_that_are_no_numbers_name_their_file(tmp_path: Path) -> None:
    values = np.ones((4, 3))
    values[2, 1] = np.nan
    np.savez(tmp_path / "x.npz", X=values, y=[0, 1, 0, 1])
    with pytest.raises(DataError, match=r"x\.npz contains NaN"):
        feature_rows(open_dataset(tmp_path / "x.npz"))


def medley(root: Path, flat: bool) -> dict[str, np.ndarray]:
    """Three arrays beside the metadata table, which lists the test part first."""
    sizes = {"test": 6, "training": 4, "validation": 5}
    lines = ["subset,instrument,instrument_id,song_id,uuid4"]
    lines += [f"{s},x,{n % 8},{n // 2},u{n}" for s, count in sizes.items() for n in range(count)]
    root.mkdir(exist_ok=True)
    (root / "Medley-solos-DB_metadata.csv").write_text("\n".join(lines) + "\n")
    rng = np.random.default_rng(3)
    arrays = {s: rng.normal(size=(count, 3, 21)) for s, count in sizes.items()}
    for subset, values in arrays.items():
        np.save(root / f"feat_{subset}.npy", values.reshape(len(values), -1) if flat else values)
    return arrays


@pytest.mark.parametrize("flat", [True, False])
def test_medley_features_with_the_metadata(tmp_path: Path, flat: bool) -> None:
    arrays = medley(tmp_path, flat)
    dataset = open_dataset(tmp_path)
    assert dataset.features
    values = feature_rows(dataset)
    assert values.shape == (15, 21, 3)
    for subset, known in arrays.items():
        rows = [n for n, e in enumerate(dataset.excerpts) if e.fold == subset]
        np.testing.assert_allclose(values[rows], known.transpose(0, 2, 1), rtol=1e-6)
    assert dataset.excerpts[0].label == "clarinet"
    assert len(set(dataset.groups)) == 3


def test_medley_features_of_another_size_are_refused(tmp_path: Path) -> None:
    medley(tmp_path, flat=True)
    np.save(tmp_path / "feat_test.npy", np.zeros((9, 63)))
    with pytest.raises(DataError, match=r"feat_test\.npy has 9 rows, .*test 6"):
        open_dataset(tmp_path)


@pytest.mark.shared_data
def test_the_published_table_of_gtzan(shared_data: Path) -> None:
    dataset = open_dataset(shared_data / "gtzan-features")
    assert len(dataset) == 1000
    assert len(dataset.labels) == 10
    assert feature_rows(dataset).shape == (1000, 57, 1)
