"""Emotify: rated tracks, with artists as groups and emotions as columns."""

from pathlib import Path

import pytest

from engine.datasets import open_dataset
from engine.datasets.corpora import emotify
from engine.datasets.dimensions import number_columns, values_of
from engine.errors import DataError
from tests import corpora


def test_emotify(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.emotify(tmp_path))
    assert dataset.about is emotify.ABOUT
    assert dataset.labels == ("classical", "pop")
    assert len(dataset) == 8
    assert set(dataset.groups) == {"Artist 0", "Artist 1"}
    assert dataset.warnings == ()
    assert set(emotify.EMOTIONS) <= set(number_columns(dataset))
    values = values_of(dataset, emotify.EMOTIONS)
    assert values.shape == (8, 9)
    assert values[0, 4] == 0.25
    assert all(dataset.file_of(row).is_file() for row in range(8))


def test_a_part_of_it_says_what_is_missing(tmp_path: Path) -> None:
    corpora.emotify(tmp_path)
    next((tmp_path / "pop").iterdir()).unlink()
    assert open_dataset(tmp_path).warnings == ("1 of 8 tracks are not there.",)


def test_a_table_without_ratings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tracks.tsv").write_text("file_prefix\tgenre\n001\tpop\n")
    with pytest.raises(DataError, match="lacks the columns artist, album"):
        open_dataset(tmp_path, "emotify")
