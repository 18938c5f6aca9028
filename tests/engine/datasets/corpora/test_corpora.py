"""Published music corpora are read, and refused with a word on what is missing."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import Dataset, open_dataset
from engine.datasets.arrays import read_array
from engine.datasets.corpora import author_music, gtzan, iowa, medley_solos
from engine.errors import DataError
from tests import corpora


def _folds(dataset: Dataset) -> Counter[str]:
    return Counter(excerpt.fold for excerpt in dataset.excerpts)


def _all_there(dataset: Dataset) -> bool:
    return all(dataset.file_of(index).is_file() for index in range(len(dataset)))


# GTZAN


@pytest.mark.parametrize("suffix", [".wav", ".au", ".mp3"])
@pytest.mark.parametrize("home", ["genres_original", "genres", "Data/genres_original", ""])
def test_gtzan_in_every_layout(tmp_path: Path, suffix: str, home: str) -> None:
    corpora.gtzan(tmp_path, tracks=2, seconds=0.1, suffix=suffix, home=home)
    dataset = open_dataset(tmp_path)
    assert dataset.about is gtzan.ABOUT
    assert dataset.labels == gtzan.GENRES
    assert dataset.counts() == dict.fromkeys(gtzan.GENRES, 2)
    assert _all_there(dataset)
    assert dataset.warnings == (
        "Only 20 of the 1000 tracks of GTZAN were found. Figures will differ from published ones.",
    )


def test_gtzan_knows_its_faults(tmp_path: Path) -> None:
    for name in ("disco.00050", "disco.00051", "disco.00070", "jazz.00054", "reggae.00086"):
        (tmp_path / name.split(".")[0]).mkdir(exist_ok=True)
        (tmp_path / name.split(".")[0] / f"{name}.wav").touch()
    corpora.gtzan(tmp_path, tracks=1, seconds=0.05, home="")
    dataset = open_dataset(tmp_path)
    rows = {Path(e.path).stem: e for e in dataset.excerpts}
    same = {rows[name].group for name in ("disco.00050", "disco.00051", "disco.00070")}
    assert len(same) == 1
    assert rows["disco.00000"].group == "disco.00000"
    assert rows["jazz.00054"].extra["fault"] == "corrupt"
    assert rows["reggae.00086"].extra["fault"] == "distorted"
    assert "fault" not in rows["blues.00000"].extra
    assert ("disco/disco.00050.wav", "disco/disco.00051.wav", "disco/disco.00070.wav") in (
        dataset.repeats
    )
    folds = [rows[name].fold for name in ("disco.00050", "disco.00051", "disco.00070")]
    assert sum(fold != "" for fold in folds) <= 1  # the filter keeps at most one of a family


def test_gtzan_split_is_the_published_one(tmp_path: Path) -> None:
    for genre in gtzan.GENRES:
        (tmp_path / genre).mkdir()
        for track in range(100):
            (tmp_path / genre / f"{genre}.{track:05d}.wav").touch()
    dataset = open_dataset(tmp_path)
    assert dataset.warnings == ()
    assert _folds(dataset) == {"training": 443, "validation": 197, "test": 290, "": 70}


def test_gtzan_artists_only_where_the_table_tells_their_tracks() -> None:
    assert gtzan._artists(["ABBA", "AC/DC"]) == {}
    assert gtzan._artists({"ABBA": ["pop.00001"]}) == {"pop.00001": "ABBA"}


def test_gtzan_families_join() -> None:
    joined = gtzan._joined([["a", "b"], ["c", "d"], ["b", "d"], ["x", "y"]])
    assert joined["a"] == joined["b"] == joined["c"] == joined["d"]
    assert joined["x"] == joined["y"] != joined["a"]


def test_gtzan_in_part_trains_and_says_what_is_missing(tmp_path: Path) -> None:
    corpora.gtzan(tmp_path, tracks=1, seconds=0.05, genres=("jazz", "pop"))
    dataset = open_dataset(tmp_path)
    assert dataset.about is gtzan.ABOUT
    assert dataset.labels == ("jazz", "pop")
    (said,) = dataset.warnings
    assert "Only 2 of the 1000 tracks" in said
    assert "the genres blues, classical, country, disco, hiphop, metal, reggae, rock" in said
    assert "will differ" in said


def test_gtzan_of_one_genre_is_refused(tmp_path: Path) -> None:
    corpora.gtzan(tmp_path, tracks=2, seconds=0.05, genres=("jazz",))
    with pytest.raises(DataError, match=r"fewer than two genres .*marsyas\.info.*'folder'"):
        open_dataset(tmp_path, "gtzan")


def test_one_empty_genre_does_not_hide_gtzan(tmp_path: Path) -> None:
    corpora.gtzan(tmp_path, tracks=1, seconds=0.05, genres=gtzan.GENRES[1:])
    (tmp_path / "genres_original" / "blues").mkdir()
    assert "the genres blues are missing" in open_dataset(tmp_path).warnings[0]


# Medley-solos-DB


@pytest.mark.parametrize(("suffix", "home"), [(".wav", ""), (".wav.wav", "audio")])
def test_medley_solos(tmp_path: Path, suffix: str, home: str) -> None:
    corpora.medley_solos(tmp_path, seconds=0.05, suffix=suffix, home=home)
    dataset = open_dataset(tmp_path)
    assert dataset.about is medley_solos.ABOUT
    assert dataset.labels == tuple(sorted(corpora.MEDLEY_INSTRUMENTS))
    assert _folds(dataset) == {"training": 16, "validation": 16, "test": 16}
    assert len(set(dataset.groups)) == 24
    assert _all_there(dataset)
    for excerpt in dataset.excerpts:
        number = corpora.MEDLEY_INSTRUMENTS.index(excerpt.label)
        assert f"_{excerpt.fold}-{number}_" in excerpt.path


def test_medley_solos_with_its_table_elsewhere(tmp_path: Path) -> None:
    corpora.medley_solos(tmp_path, clips=1, seconds=0.05, home="audio")
    (tmp_path / "annotation").mkdir()
    (tmp_path / medley_solos.TABLE).rename(tmp_path / "annotation" / medley_solos.TABLE)
    assert open_dataset(tmp_path).about is medley_solos.ABOUT


def test_medley_solos_without_some_sounds(tmp_path: Path) -> None:
    corpora.medley_solos(tmp_path, seconds=0.05)
    gone = [*sorted(tmp_path.glob("*_test-*.wav"))[:3], *tmp_path.glob("*-7_*.wav")]
    for path in set(gone):
        path.unlink()
    dataset = open_dataset(tmp_path)
    assert len(dataset) == 48 - len(set(gone))
    (said,) = dataset.warnings
    assert f"Of the 48 sounds of Medley-solos-DB, {len(set(gone))} are missing" in said
    assert "all those of violin" in said
    assert any(path.name in said for path in gone)


def test_medley_solos_of_one_instrument_is_refused(tmp_path: Path) -> None:
    corpora.medley_solos(tmp_path, seconds=0.05)
    for path in tmp_path.glob("*.wav"):
        if "-0_" not in path.name:
            path.unlink()
    with pytest.raises(DataError, match=r"fewer than two instruments .*zenodo"):
        open_dataset(tmp_path)


def test_medley_solos_without_its_table(tmp_path: Path) -> None:
    corpora.medley_solos(tmp_path, clips=1, seconds=0.05)
    (tmp_path / medley_solos.TABLE).unlink()
    with pytest.raises(DataError, match=r"lacks Medley-solos-DB_metadata\.csv.*zenodo"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows, or lacks one of the columns subset"),
        (
            "subset,instrument,uuid4\ntest,flute,1\n",
            "has no rows, or lacks one of the columns subset",
        ),
        ("subset,instrument,instrument_id,song_id,uuid4\ntest,x,8,0,1\n", "row 1: .* '8'.*zenodo"),
        ("subset,instrument,instrument_id,song_id,uuid4\ntest,x\n", "row 1: .* ''"),
    ],
)
def test_medley_solos_with_a_broken_table(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / medley_solos.TABLE).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        open_dataset(tmp_path)


# Iowa


@pytest.mark.parametrize("inner", ["", "instrument_dataset"])
def test_iowa(tmp_path: Path, inner: str) -> None:
    corpora.iowa(tmp_path / inner)
    dataset = open_dataset(tmp_path)
    assert dataset.about is iowa.ABOUT
    assert dataset.features
    assert dataset.labels == tuple("0123456789")
    assert _folds(dataset) == {"training": 200, "test": 60}
    assert len(set(dataset.groups)) == 260
    first = dataset.excerpts[0]
    assert read_array(dataset.file_of(0))[int(first.start)].shape == (120,)
    labels = np.load(tmp_path / inner / "uiowa_test_labels.npy")
    mine = [int(e.label) for e in dataset.excerpts if e.fold == "test"]
    assert mine == labels.tolist()


def test_iowa_labels_are_one_class_whatever_part_they_are_in(tmp_path: Path) -> None:
    corpora.iowa(tmp_path, classes=12)
    labels = np.load(tmp_path / "uiowa_test_labels.npy")
    np.save(tmp_path / "uiowa_test_labels.npy", labels % 9)
    assert open_dataset(tmp_path).labels == tuple(f"{number:02d}" for number in range(12))


def test_iowa_in_part(tmp_path: Path) -> None:
    corpora.iowa(tmp_path)
    (tmp_path / "uiowa_test_data.npy").unlink()
    (tmp_path / "uiowa_test_labels.npy").unlink()
    with pytest.raises(
        DataError, match=r"lacks uiowa_test_data\.npy, uiowa_test_labels\.npy.*github\.com/marl"
    ):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("uiowa_train_labels.npy", np.zeros(7), "does not match labels"),
        ("uiowa_train_labels.npy", np.full(200, 0.5), "integers"),
        ("uiowa_train_labels.npy", np.full(200, np.nan), "integers"),
        ("uiowa_train_labels.npy", np.full(200, -1), "integers"),
        ("uiowa_train_labels.npy", np.full(200, "flute"), "not a plain .npy file of numbers"),
        ("uiowa_train_data.npy", np.zeros(200), "does not match labels"),
        ("uiowa_train_data.npy", np.zeros((200, 3)), "has 3 features and .* 120"),
        ("uiowa_test_data.npy", np.zeros((0, 120)), "does not match labels"),
    ],
)
def test_iowa_files_that_do_not_fit(
    tmp_path: Path, name: str, values: np.ndarray, message: str
) -> None:
    corpora.iowa(tmp_path)
    np.save(tmp_path / name, values)
    with pytest.raises(DataError, match=message):
        open_dataset(tmp_path)


def test_iowa_runs_no_code_from_files(tmp_path: Path) -> None:
    corpora.iowa(tmp_path)
    np.save(tmp_path / "uiowa_train_data.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"not a plain \.npy file"):
        open_dataset(tmp_path)


def test_iowa_empty_file(tmp_path: Path) -> None:
    corpora.iowa(tmp_path)
    (tmp_path / "uiowa_train_data.npy").write_bytes(b"")
    with pytest.raises(DataError, match=r"not a plain \.npy file"):
        open_dataset(tmp_path)


# author_music


def test_author_music(tmp_path: Path) -> None:
    corpora.author_music(tmp_path, files=3, seconds=0.1)
    for root in (tmp_path, tmp_path / "data"):
        dataset = open_dataset(root)
        assert dataset.about is author_music.ABOUT
        assert dataset.counts() == {"false author": 3, "true author": 3}
        assert len(set(dataset.groups)) == 6
        assert dataset.warnings == ()
        assert _all_there(dataset)


def test_author_music_as_published_has_one_false_recording(tmp_path: Path) -> None:
    corpora.author_music(tmp_path, seconds=0.1, real_layout=True)
    dataset = open_dataset(tmp_path)
    assert dataset.counts() == {"false author": 1, "true author": 14}
    assert "false/top_30_songs_acoustic_guitar.wav" in dataset.groups
    assert dataset.warnings == (
        "The false author has only one recording, so a split by recordings is not possible.",
    )


def test_author_music_without_an_author(tmp_path: Path) -> None:
    corpora.author_music(tmp_path, seconds=0.1)
    shutil.rmtree(tmp_path / "data" / "false")
    (tmp_path / "data" / "false").mkdir()
    with pytest.raises(DataError, match=r"false contains no \.wav.*github\.com/Synthaze/EpyNN"):
        open_dataset(tmp_path)
    shutil.rmtree(tmp_path / "data" / "false")
    with pytest.raises(DataError, match=r"needs a folder 'true' and.*Synthaze/EpyNN"):
        open_dataset(tmp_path, "author-music")
