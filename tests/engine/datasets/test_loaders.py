"""Every kind of data set is recognised, read, and refused with a word on what is missing."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import (
    DATASETS,
    Dataset,
    author_music,
    esc,
    fsdd,
    gtzan,
    iowa,
    medley_solos,
    open_dataset,
    philharmonia,
)
from engine.errors import DataError
from tests import corpora


def _folds(dataset: Dataset) -> Counter[str]:
    return Counter(excerpt.fold for excerpt in dataset.excerpts)


def _all_there(dataset: Dataset) -> bool:
    return all(dataset.file_of(index).is_file() for index in range(len(dataset)))


# GTZAN


@pytest.mark.parametrize("suffix", [".wav", ".au"])
@pytest.mark.parametrize("home", ["genres_original", "genres", "Data/genres_original", ""])
def test_gtzan_in_every_layout(tmp_path: Path, suffix: str, home: str) -> None:
    corpora.gtzan(tmp_path, tracks=2, seconds=0.1, suffix=suffix, home=home)
    dataset = open_dataset(tmp_path)
    assert dataset.about is gtzan.ABOUT
    assert dataset.labels == gtzan.GENRES
    assert dataset.counts() == dict.fromkeys(gtzan.GENRES, 2)
    assert _all_there(dataset)
    assert dataset.warnings == ("Only 20 of GTZAN's 1000 tracks are here.",)


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


def test_gtzan_in_part_says_what_is_missing_and_where_it_is(tmp_path: Path) -> None:
    corpora.gtzan(tmp_path, tracks=1, seconds=0.05, genres=("jazz", "pop"))
    with pytest.raises(DataError, match=r"lacks the genres blues, .*marsyas\.info.*'folder'"):
        open_dataset(tmp_path)


def test_one_empty_genre_does_not_hide_gtzan(tmp_path: Path) -> None:
    corpora.gtzan(tmp_path, tracks=1, seconds=0.05, genres=gtzan.GENRES[1:])
    (tmp_path / "genres_original" / "blues").mkdir()
    with pytest.raises(DataError, match="lacks the genres blues of GTZAN"):
        open_dataset(tmp_path)


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
    gone = sorted(tmp_path.glob("*_test-*.wav"))[:3]
    for path in gone:
        path.unlink()
    with pytest.raises(DataError, match=r"Of the 48 sounds .* 3 are missing.*zenodo") as caught:
        open_dataset(tmp_path)
    assert any(path.name in str(caught.value) for path in gone)


def test_medley_solos_without_its_table(tmp_path: Path) -> None:
    corpora.medley_solos(tmp_path, clips=1, seconds=0.05)
    (tmp_path / medley_solos.TABLE).unlink()
    with pytest.raises(DataError, match=r"lacks Medley-solos-DB_metadata\.csv.*zenodo"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks rows or one of the columns subset"),
        ("subset,instrument,uuid4\ntest,flute,1\n", "lacks rows or one of the columns subset"),
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
    assert iowa.read_features(dataset.file_of(0))[int(first.start)].shape == (120,)
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
        ("uiowa_train_labels.npy", np.zeros(7), "does not fit labels"),
        ("uiowa_train_labels.npy", np.full(200, 0.5), "whole numbers"),
        ("uiowa_train_labels.npy", np.full(200, np.nan), "whole numbers"),
        ("uiowa_train_labels.npy", np.full(200, -1), "whole numbers"),
        ("uiowa_train_labels.npy", np.full(200, "flute"), "no plain .npy file of numbers"),
        ("uiowa_train_data.npy", np.zeros(200), "does not fit labels"),
        ("uiowa_train_data.npy", np.zeros((200, 3)), "has 3 features and .* 120"),
        ("uiowa_test_data.npy", np.zeros((0, 120)), "does not fit labels"),
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
    with pytest.raises(DataError, match=r"no plain \.npy file"):
        open_dataset(tmp_path)


def test_iowa_empty_file(tmp_path: Path) -> None:
    corpora.iowa(tmp_path)
    (tmp_path / "uiowa_train_data.npy").write_bytes(b"")
    with pytest.raises(DataError, match=r"no plain \.npy file"):
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
        "The false author has a single recording: no split can judge by recordings alone.",
    )


def test_author_music_without_an_author(tmp_path: Path) -> None:
    corpora.author_music(tmp_path, seconds=0.1)
    shutil.rmtree(tmp_path / "data" / "false")
    (tmp_path / "data" / "false").mkdir()
    with pytest.raises(DataError, match=r"false holds no \.wav.*github\.com/Synthaze/EpyNN"):
        open_dataset(tmp_path)
    shutil.rmtree(tmp_path / "data" / "false")
    with pytest.raises(DataError, match=r"needs a folder 'true' and.*Synthaze/EpyNN"):
        open_dataset(tmp_path, "author-music")


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
    with pytest.raises(DataError, match=r"no copy of the Free Spoken.*github\.com/Jakobovski"):
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
    with pytest.raises(DataError, match="lacks rows or one of the columns filename"):
        open_dataset(tmp_path)


def test_esc_without_any_sound(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no copy of ESC"):
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
    with pytest.raises(DataError, match=r"holds none of the Philharmonia.*philharmonia\.co\.uk"):
        open_dataset(tmp_path, "philharmonia")


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
    with pytest.raises(DataError, match=r"song 0\.txt, line 6: .*tabs between"):
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
        with pytest.raises(DataError, match=r"no data set that Earmark knows.*manifest\.csv"):
            open_dataset(root)
    with pytest.raises(DataError, match="is not there: check the path"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"no kind of data set 'cd'\. Known: iowa"):
        open_dataset(tmp_path, "cd")


def test_the_fingerprint_tells_files_and_labels(tmp_path: Path) -> None:
    dataset = open_dataset(corpora.folders(tmp_path, seconds=0.05))
    assert dataset.fingerprint() == open_dataset(tmp_path).fingerprint()
    assert dataset.fingerprint() != dataset.take(range(5)).fingerprint()
    before = dataset.fingerprint()
    corpora.write(tmp_path / "bell" / "take 0.wav", corpora.sound(3, 3, 0.1))
    assert dataset.fingerprint() != before
    (tmp_path / "bell" / "take 0.wav").unlink()
    with pytest.raises(DataError, match="is not there any more"):
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
