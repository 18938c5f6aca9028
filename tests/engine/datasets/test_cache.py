"""Large tables are kept, and thrown away when anything has changed."""

import json
import os
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from engine.datasets import cache, open_dataset
from engine.datasets.corpora import folder
from engine.datasets.table import Dataset
from tests import corpora


def _age(root: Path) -> None:
    """As if nothing had ever been touched since."""
    past = 1e9
    for place, _, files in os.walk(root):
        for name in ("", *files):
            os.utime(Path(place) / name, (past, past))


def _kept() -> list[Path]:
    return sorted((user_cache_path("earmark") / "tables").glob("*"))


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were looked through, in turn; any table counts as large."""
    calls: list[Path] = []
    load = folder.load

    def counting(root: Path) -> Dataset:
        calls.append(root)
        return load(root)

    monkeypatch.setattr(folder, "load", counting)
    monkeypatch.setattr(cache, "LEAST_ROWS", 10)
    return calls


@pytest.fixture
def root(tmp_path: Path) -> Path:
    corpora.folders(tmp_path, seconds=0.02)
    _age(tmp_path)
    return tmp_path


def test_twenty_thousand_files(tmp_path: Path) -> None:
    for label in range(10):
        (tmp_path / f"class {label}").mkdir()
        for number in range(2000):
            os.close(os.open(tmp_path / f"class {label}" / f"{number:04d}.wav", os.O_CREAT))
        os.utime(tmp_path / f"class {label}", (1e9, 1e9))
    os.utime(tmp_path, (1e9, 1e9))
    first = open_dataset(tmp_path)
    assert first.counts() == {f"class {label}": 2000 for label in range(10)}
    assert len(_kept()) == 1
    second = open_dataset(tmp_path)
    assert second.excerpts == first.excerpts


def test_a_second_look_is_spared(root: Path, looked: list[Path]) -> None:
    first, second = open_dataset(root), open_dataset(root)
    assert len(looked) == 1
    assert second.excerpts == first.excerpts
    assert (second.about, second.root, second.features) == (first.about, first.root, False)
    assert (second.repeats, second.warnings) == (first.repeats, first.warnings)


def test_everything_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LEAST_ROWS", 10)
    corpora.gtzan(tmp_path / "gtzan", 1, 0.02)
    corpora.write(tmp_path / "gtzan/genres_original/rock/rock.00016.wav", corpora.sound(9, 16, 0.1))
    corpora.write(
        tmp_path / "gtzan/genres_original/metal/metal.00058.wav", corpora.sound(6, 5, 0.1)
    )
    corpora.iowa(tmp_path / "iowa")
    _age(tmp_path)
    for name in ("gtzan", "iowa"):
        first, second = open_dataset(tmp_path / name), open_dataset(tmp_path / name)
        for field in ("about", "root", "excerpts", "features", "repeats", "warnings"):
            assert getattr(first, field) == getattr(second, field)
    assert len(_kept()) == 2


@pytest.mark.parametrize("where", ["bell", "drum/new group", "."])
def test_a_new_file_is_seen(root: Path, looked: list[Path], where: str) -> None:
    before = len(open_dataset(root))
    corpora.write(root / where / "sub" / "new.wav", corpora.sound(0, 9, 0.02))
    assert len(open_dataset(root)) == before + 1
    _age(root)
    assert len(open_dataset(root)) == before + 1
    assert len(looked) == 3


def test_a_file_that_has_gone_is_seen(root: Path, looked: list[Path]) -> None:
    before = len(open_dataset(root))
    (root / "bell" / "take 0.wav").unlink()
    assert len(open_dataset(root)) == before - 1


def test_labels_that_change_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LEAST_ROWS", 1)
    corpora.folders(tmp_path, seconds=0.02)
    table = tmp_path / "manifest.csv"
    for target in (tmp_path, table):
        for label in ("bell", "gong"):
            table.write_text(f"path,label\nbell/take 0.wav,{label}\n", encoding="utf-8")
            _age(tmp_path)
            os.utime(table, (1e9, 1e9 + (label == "gong")))
            assert open_dataset(target).labels == (label,)
    assert len(_kept()) == 2


def test_what_has_only_just_changed_is_not_kept(tmp_path: Path, looked: list[Path]) -> None:
    corpora.folders(tmp_path, seconds=0.02)
    open_dataset(tmp_path)
    assert _kept() == []


def test_small_tables_are_not_kept(root: Path) -> None:
    open_dataset(root)
    assert _kept() == []


def test_kinds_are_kept_apart(root: Path, looked: list[Path]) -> None:
    open_dataset(root)
    open_dataset(root, "folder")
    assert len(looked) == 2
    assert len(_kept()) == 2


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"3",
        b"{}",
        "rows",
        "row",
        "types",
        "times",
        "about",
    ],
)
def test_a_damaged_table_is_built_anew(root: Path, looked: list[Path], damage: bytes | str) -> None:
    first = open_dataset(root)
    (path,) = _kept()
    if isinstance(damage, bytes):
        path.write_bytes(damage)
    else:
        kept = json.loads(path.read_text(encoding="utf-8"))
        row = kept["rows"][0]
        kept |= {
            "rows": {"rows": []},
            "row": {"rows": [[1] * 9]},
            "types": {"rows": [[7, *row[1:]]]},
            "times": {"rows": [[*row[:3], float("nan"), *row[4:]]]},
            "about": {"about": [1] * 9},
        }[damage]
        path.write_text(json.dumps(kept), encoding="utf-8")
    assert open_dataset(root).excerpts == first.excerpts
    assert len(looked) == 2
    assert open_dataset(root).excerpts == first.excerpts
    assert len(looked) == 2


def test_only_so_many_are_kept(
    root: Path, looked: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_MOST_TABLES", 2)
    for number, kind in enumerate(("auto", "folder")):
        open_dataset(root, kind)
        os.utime(cache._path(root, kind), (number, number))
    open_dataset(root)  # used again: the other one is now the oldest
    cache.keep(root, "third", "stamp", open_dataset(root))
    assert set(_kept()) == {cache._path(root, "auto"), cache._path(root, "third")}


def test_a_cache_that_cannot_be_written_is_no_error(
    root: Path, looked: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    user_cache_path("earmark").parent.mkdir(parents=True, exist_ok=True)
    user_cache_path("earmark").write_text("in the way")
    assert len(open_dataset(root)) == 12
    assert "could not be cached" in caplog.text
