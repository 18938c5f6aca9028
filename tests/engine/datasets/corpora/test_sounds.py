"""Corpora of speech, noises and notes are read, and refused when they are not whole."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from engine.datasets import Dataset, open_dataset
from engine.datasets.corpora import esc, fsdd, philharmonia
from engine.errors import DataError
from tests import corpora


def _folds(dataset: Dataset) -> Counter[str]:
    return Counter(excerpt.fold for excerpt in dataset.excerpts)


def _all_there(dataset: Dataset) -> bool:
    return all(dataset.file_of(index).is_file() for index in range(len(dataset)))


# FSDD


def test_fsdd(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.fsdd(tmp_path))
    assert dataset.about is fsdd.ABOUT
    assert dataset.labels == corpora.SPEAKERS
    assert _folds(dataset) == {"test": 45, "training": 18}
    assert all((int(e.extra["take"]) < 5) == (e.fold == "test") for e in dataset.excerpts)
    assert dataset.relabelled("digit").labels == ("0", "1", "2")
    assert dataset.relabelled("speaker").labels == corpora.SPEAKERS
    assert _all_there(dataset)


def test_fsdd_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not a copy of the Free Spoken.*github\.com/Jakobovski"):
        open_dataset(tmp_path, "fsdd")


# ESC


def test_esc50(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.esc50(tmp_path, seconds=0.05))
    assert dataset.about is esc.ABOUT
    assert dataset.labels == tuple(sorted(corpora.ESC50))
    assert _folds(dataset) == dict.fromkeys("12345", 12)
    assert len(set(dataset.groups)) == 30
    assert {e.extra["take"] for e in dataset.excerpts} == {"A", "B"}
    assert dataset.relabelled("esc10").labels == ("False", "True")
    assert _all_there(dataset)


@pytest.mark.parametrize("suffix", [".ogg", ".wav"])
def test_esc10_folders(tmp_path: Path, suffix: str) -> None:
    corpora.esc10(tmp_path, seconds=0.05, suffix=suffix)
    (tmp_path / ".git").mkdir()
    (tmp_path / f"1-999-A{suffix}").touch()
    dataset = open_dataset(tmp_path)
    assert dataset.about is esc.ABOUT
    assert dataset.labels == ("Baby cry", "Dog", "Rain", "Sea waves")
    assert _folds(dataset) == dict.fromkeys("12345", 8)
    assert len(set(dataset.groups)) == 20


def test_a_group_of_esc_is_in_one_fold(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.esc10(tmp_path, ("dog-bark", "rain"), seconds=0.05))
    assert dataset.labels == ("dog-bark", "rain")
    assert len({(e.group, e.fold) for e in dataset.excerpts}) == len(set(dataset.groups))


def test_esc50_in_part(tmp_path: Path) -> None:
    corpora.esc50(tmp_path, seconds=0.05)
    gone = sorted((tmp_path / "audio").iterdir())[7]
    gone.unlink()
    with pytest.raises(DataError, match=rf"60 sounds 1 are missing, audio/{gone.name}.*github"):
        open_dataset(tmp_path)
    shutil.rmtree(tmp_path / "meta")
    with pytest.raises(DataError, match=r"lacks meta/esc50\.csv.*github\.com/karolpiczak"):
        open_dataset(tmp_path)


def test_esc50_with_another_table(tmp_path: Path) -> None:
    corpora.esc50(tmp_path, seconds=0.05)
    (tmp_path / "meta" / "esc50.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="has no rows, or lacks one of the columns filename"):
        open_dataset(tmp_path)


def test_esc_without_any_sound(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a copy of ESC"):
        open_dataset(tmp_path, "esc")


# Philharmonia


def test_philharmonia(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.philharmonia(tmp_path))
    assert dataset.about is philharmonia.ABOUT
    assert dataset.labels == ("banjo", "bass-clarinet", "flute")
    assert set(Counter(dataset.groups).values()) == {2}
    assert dataset.relabelled("pitch").labels == ("A3", "Cs4")
    assert dataset.relabelled("dynamic").labels == ("forte", "pianissimo")
    with pytest.raises(DataError, match=r"no column 'colour' .*: label, articulation, dynamic"):
        dataset.relabelled("colour")


def test_philharmonia_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"contains none of the Philharmonia.*philharmonia\.co\.uk"):
        open_dataset(tmp_path, "philharmonia")
