"""Folders and label tracks, and how each kind of data set is told from the others."""

from collections import Counter
from pathlib import Path

import pytest

from engine.datasets import DATASETS, Dataset, open_dataset
from engine.datasets.corpora import esc, fsdd, philharmonia
from engine.errors import DataError
from tests import corpora


def _folds(dataset: Dataset) -> Counter[str]:
    return Counter(excerpt.fold for excerpt in dataset.excerpts)


def _all_there(dataset: Dataset) -> bool:
    return all(dataset.file_of(index).is_file() for index in range(len(dataset)))


# A folder for each class


def test_folders(tmp_path: Path) -> None:
    corpora.folders(tmp_path / "set", seconds=0.05)
    (tmp_path / "set" / "readme.wav").touch()
    (tmp_path / "set" / "drum" / ".hidden.wav").touch()
    (tmp_path / "set" / "drum" / "cover.png").touch()
    (tmp_path / "set" / ".trash").mkdir()
    (tmp_path / "set" / ".trash" / "old.wav").touch()
    dataset = open_dataset(tmp_path / "set")
    assert dataset.about.name == "set"
    assert dataset.counts() == {"bell": 4, "drum": 4, "flute": 4}
    assert dataset.groups == tuple(e.path for e in dataset.excerpts)
    assert dataset.only(["bell", "drum"]).labels == ("bell", "drum")
    with pytest.raises(DataError, match=r"no class oboe\. It has: bell, drum, flute"):
        dataset.only(["oboe"])


def test_folders_inside_are_groups(tmp_path: Path) -> None:
    corpora.folders(tmp_path, seconds=0.05, groups=2)
    dataset = open_dataset(tmp_path)
    assert sorted(set(dataset.groups))[:2] == ["bell/group 1", "bell/group 2"]
    assert set(Counter(dataset.groups).values()) == {2}


def test_linked_folders_are_followed_but_not_for_ever(tmp_path: Path) -> None:
    corpora.folders(tmp_path / "elsewhere", seconds=0.05)
    (tmp_path / "set").mkdir()
    for name in ("bell", "drum"):
        (tmp_path / "set" / name).symlink_to(tmp_path / "elsewhere" / name)
    (tmp_path / "elsewhere" / "bell" / "back").symlink_to(tmp_path / "set")
    assert open_dataset(tmp_path / "set").counts() == {"bell": 4, "drum": 4}


@pytest.mark.parametrize(("classes", "words"), [((), "no folders"), (("bell",), "1 folder with")])
def test_too_few_folders(tmp_path: Path, classes: tuple[str, ...], words: str) -> None:
    corpora.folders(tmp_path, classes, seconds=0.05)
    with pytest.raises(DataError, match=f"holds {words}.*one folder for each class"):
        open_dataset(tmp_path, "folder")


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpora.folders(tmp_path, seconds=0.05)

    def walk(top: Path, onerror: object = None, followlinks: bool = False) -> object:
        assert callable(onerror)
        onerror(PermissionError(13, "Permission denied", str(top)))
        return iter(())

    monkeypatch.setattr("engine.datasets.table.os.walk", walk)
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        open_dataset(tmp_path, "folder")


# Audacity's label tracks


def test_audacity(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.audacity(tmp_path, seconds=0.5))
    rows = [(e.path, e.label, e.group, e.start, e.end) for e in dataset.excerpts]
    assert rows == [
        ("song 0.wav", "bell", "song 0", 0.0, 0.5),
        ("song 0.wav", "drum", "song 0", 0.5, 1.0),
        ("song 1.wav", "bell", "song 1", 0.0, 0.5),
        ("song 1.wav", "drum", "song 1", 0.5, 1.0),
    ]


def test_audacity_with_decimal_commas(tmp_path: Path) -> None:
    corpora.audacity(tmp_path, files=1, seconds=0.5)
    (tmp_path / "song 0.txt").write_text("-0,1\t0,25\tbell\n", encoding="utf-8-sig")
    (row,) = open_dataset(tmp_path).excerpts
    assert (row.start, row.end, row.label) == (0.0, 0.25, "bell")


def test_audacity_line_that_is_no_label(tmp_path: Path) -> None:
    corpora.audacity(tmp_path, files=1, seconds=0.5)
    with (tmp_path / "song 0.txt").open("a", encoding="utf-8") as file:
        file.write("1.0 2.0 bell\n")
    with pytest.raises(DataError, match=r"song 0\.txt, line 6: .*separated by tabs"):
        open_dataset(tmp_path)


def test_audacity_track_that_is_no_text(tmp_path: Path) -> None:
    corpora.audacity(tmp_path, files=1, seconds=0.5)
    (tmp_path / "song 0.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="cannot be read as a label track"):
        open_dataset(tmp_path, "audacity")


def test_audacity_without_labels(tmp_path: Path) -> None:
    corpora.folders(tmp_path, seconds=0.05)
    with pytest.raises(DataError, match="no sound with a label track beside it"):
        open_dataset(tmp_path, "audacity")


def test_lyrics_beside_sounds_are_no_label_tracks(tmp_path: Path) -> None:
    corpora.folders(tmp_path, seconds=0.05)
    (tmp_path / "bell" / "take 0.txt").write_text("Ding dong\n", encoding="utf-8")
    assert open_dataset(tmp_path).labels == ("bell", "drum", "flute")


# All of them

_STAND_INS = {
    "gtzan": lambda root: corpora.gtzan(root, 1, 0.05),
    "emotify": corpora.emotify,
    "features": corpora.features,
    "medley-solos": lambda root: corpora.medley_solos(root, clips=1, seconds=0.05),
    "iowa": corpora.iowa,
    "author-music": lambda root: corpora.author_music(root, seconds=0.05),
    "fsdd": lambda root: corpora.fsdd(root, takes=1),
    "esc": lambda root: corpora.esc10(root, seconds=0.05),
    "philharmonia": corpora.philharmonia,
    "audacity": lambda root: corpora.audacity(root, seconds=0.05),
    "folder": lambda root: corpora.folders(root, seconds=0.05),
}


def _manifest(root: Path) -> Path:
    corpora.folders(root, seconds=0.05)
    (root / "manifest.csv").write_text("path,label\nbell/take 0.wav,bell\n", encoding="utf-8")
    return root


@pytest.mark.parametrize("kind", DATASETS)
def test_each_stand_in_is_recognised_as_what_it_is(tmp_path: Path, kind: str) -> None:
    root = (_STAND_INS | {"manifest": _manifest})[kind](tmp_path)
    first = next(name for name, module in DATASETS.items() if module.recognises(root))
    assert first == kind
    automatic, named = open_dataset(root), open_dataset(str(root), kind)
    assert automatic.excerpts == named.excerpts
    assert automatic.fingerprint() == named.fingerprint()
    assert automatic.root.is_absolute()


@pytest.mark.parametrize("kind", DATASETS)
def test_an_empty_folder_is_no_data_set(tmp_path: Path, kind: str) -> None:
    assert not DATASETS[kind].recognises(tmp_path)
    with pytest.raises(DataError) as caught:
        open_dataset(tmp_path, kind)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("kind", DATASETS)
def test_a_file_of_another_kind_is_no_data_set(tmp_path: Path, kind: str) -> None:
    path = corpora.write(tmp_path / "song.wav", corpora.sound(0, 0, 0.1))
    assert not DATASETS[kind].recognises(path)
    with pytest.raises(DataError):
        open_dataset(path, kind)


def test_what_is_nothing_says_what_to_do(tmp_path: Path) -> None:
    path = corpora.write(tmp_path / "song.wav", corpora.sound(0, 0, 0.1))
    for root in (tmp_path, path):
        with pytest.raises(DataError, match=r"not a recognised data set.*manifest\.csv"):
            open_dataset(root)
    with pytest.raises(DataError, match=r"does not exist\. Check the path"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"no kind of data set 'cd'\. Available: emotify"):
        open_dataset(tmp_path, "cd")


def test_the_fingerprint_tells_files_and_labels(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.folders(tmp_path, seconds=0.05))
    assert dataset.fingerprint() == open_dataset(tmp_path).fingerprint()
    assert dataset.fingerprint() != dataset.take(range(5)).fingerprint()
    before = dataset.fingerprint()
    corpora.write(tmp_path / "bell" / "take 0.wav", corpora.sound(3, 3, 0.1))
    assert dataset.fingerprint() != before
    (tmp_path / "bell" / "take 0.wav").unlink()
    with pytest.raises(DataError, match="no longer exists"):
        dataset.fingerprint()


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "kind", "rows", "labels"),
    [("esc10", esc, 400, 10), ("fsdd", fsdd, 3000, 6), ("philharmonia", philharmonia, 2808, 16)],
)
def test_real_copies(shared_data: Path, name: str, kind: object, rows: int, labels: int) -> None:
    dataset = open_dataset(shared_data / name)
    assert dataset.about is kind.ABOUT  # type: ignore[attr-defined]
    assert (len(dataset), len(dataset.labels)) == (rows, labels)
