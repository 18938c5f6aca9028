"""The map of excerpts: real embeddings, neighbours, suspects, the cache and giving up."""

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.classifier.catalog import Catalog
from engine.datasets import open_dataset
from engine.datasets.table import Excerpt
from engine.errors import DataError, ModelError
from engine.networks.dense import EmbeddingHead
from engine.sound_map import embedding, layout
from engine.sound_map.embedding import Embedder, embed
from engine.sound_map.layout import MUSICNN, ExcerptMap, make_map, place_of
from tests import corpora

CLASSES = ("bell", "drum", "flute")


def finish(work: Generator[float, None, Any]) -> Any:
    shares = []
    while True:
        try:
            shares.append(next(work))
        except StopIteration as stop:
            assert shares == sorted(shares)
            assert 0 <= shares[0] <= shares[-1] <= 1
            return stop.value


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("map")
    corpora.folders(root / "sounds", CLASSES, files=6, seconds=0.4)
    return root


@pytest.fixture(scope="module")
def made(home: Path) -> ExcerptMap:
    data = open_dataset(home / "sounds")
    found: ExcerptMap = finish(make_map(data.root, data.excerpts, cache=home / "cache"))
    return found


def cloud(rng: np.random.Generator, axis: int, count: int) -> np.ndarray:
    """Vectors of 40 numbers round a place on an axis."""
    return 10 * np.eye(40)[axis] + rng.normal(0, 1, (count, 40))


def clouds(labels: list[str], places: np.ndarray) -> ExcerptMap:
    """A map of vectors of one's own choice, each a group by itself."""
    vectors = np.asarray(places, dtype=np.float32)
    near, distances = layout._near(vectors, [str(n) for n in range(len(vectors))])
    names = tuple((f"{n}.wav", 0.0, None) for n in range(len(labels)))
    return ExcerptMap(names, vectors[:, :2], "PCA", near, distances, {})


def test_trunks_that_hear_otherwise_share_no_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    genre = Catalog().load("genre")
    digests = set()
    for levelled in (False, True):
        head = EmbeddingHead(bands=96, frames=187, classes=2, levelled=levelled)
        head.adopt(genre.network.trunks)
        changed = SimpleNamespace(card=genre.card, feature=genre.feature, network=head)
        monkeypatch.setattr(Catalog, "load", lambda *_, known=changed: known)
        digests.add(embedding._Listener(MUSICNN).digest)
    assert len(digests) == 2


def test_like_lies_with_like(home: Path, made: ExcerptMap) -> None:
    rows = open_dataset(home / "sounds").excerpts
    assert made.places == tuple(map(place_of, rows))
    assert made.method == "t-SNE"
    assert made.points.shape == (18, 2)
    assert np.abs(made.points).max() == pytest.approx(1.0)
    labels = np.asarray([row.label for row in rows])
    assert (labels[made.neighbours[:, :3]] == labels[:, None]).mean() > 0.9
    suspects = made.suspects(labels.tolist(), [row.path for row in rows])
    assert not [one for one in suspects.values() if one.likely]


def test_a_wrong_label_stands_out(home: Path, made: ExcerptMap) -> None:
    rows = open_dataset(home / "sounds").excerpts
    labels = [row.label for row in rows]
    labels[0] = "flute"
    found = made.suspects(labels, [row.path for row in rows])
    assert [number for number, one in found.items() if one.likely] == [0]
    assert found[0].likely == "bell"
    assert found[0].share >= 0.8
    assert not found[0].outlier


def test_the_second_time_nothing_is_computed(
    home: Path, made: ExcerptMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    data = open_dataset(home / "sounds")
    monkeypatch.setattr("engine.sound_map.embedding._Listener.of", lambda *_: heard.append(1))
    again: ExcerptMap = finish(make_map(data.root, data.excerpts, cache=home / "cache"))
    assert not heard
    assert np.array_equal(again.points, made.points)
    kept = sorted((home / "cache").rglob("*.npy"))
    assert len(kept) == 18
    assert np.load(kept[0], allow_pickle=False).shape == (1506,)


def test_a_file_that_changed_is_heard_again_and_damage_too(home: Path, tmp_path: Path) -> None:
    file = corpora.write(tmp_path / "a.wav", corpora.sound(0, 1, 0.3))
    row = Excerpt("a.wav", "bell")
    first = finish(embed(tmp_path, [row], MUSICNN, tmp_path / "cache")).vectors
    corpora.write(file, corpora.sound(2, 1, 0.3))
    second = finish(embed(tmp_path, [row], MUSICNN, tmp_path / "cache")).vectors
    assert np.abs(first - second).max() > 0.1
    for kept in (tmp_path / "cache").rglob("*.npy"):
        kept.write_bytes(b"\x93NUMPY nonsense")
    third = finish(embed(tmp_path, [row], MUSICNN, tmp_path / "cache")).vectors
    assert np.array_equal(second, third)


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.place,)


def test_a_pickle_in_the_cache_is_not_opened(tmp_path: Path) -> None:
    corpora.write(tmp_path / "a.wav", corpora.sound(0, 1, 0.3))
    rows = [Excerpt("a.wav", "bell")]
    right = finish(embed(tmp_path, rows, MUSICNN, tmp_path / "cache")).vectors
    kept = next((tmp_path / "cache").rglob("*.npy"))
    with kept.open("wb") as file:
        np.save(file, np.asarray([Trap(tmp_path / "opened")], dtype=object), allow_pickle=True)
    assert np.array_equal(finish(embed(tmp_path, rows, MUSICNN, tmp_path / "cache")).vectors, right)
    assert not (tmp_path / "opened").exists()


def test_a_full_disk_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpora.write(tmp_path / "a.wav", corpora.sound(0, 1, 0.3))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.sound_map.embedding.np.save", full)
    found = finish(embed(tmp_path, [Excerpt("a.wav", "x")], MUSICNN, tmp_path / "cache"))
    assert np.abs(found.vectors).max() > 0
    assert not list((tmp_path / "cache").rglob(".earmark-*"))


def test_what_cannot_be_read_is_told_and_left_out(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("no sound")
    rows = [Excerpt("bad.wav", "bell"), Excerpt("gone.wav", "bell")]
    with pytest.raises(DataError, match=r"no sounds to show.*bad\.wav"):
        finish(make_map(tmp_path, rows, cache=home / "cache"))
    good = corpora.write(tmp_path / "good.wav", corpora.sound(0, 1, 0.3))
    found: ExcerptMap = finish(
        make_map(tmp_path, [*rows, Excerpt(good.name, "bell")], cache=home / "cache")
    )
    assert set(found.problems) == {"bad.wav", "gone.wav"}
    assert [place[0] for place in found.places] == ["good.wav"]
    assert found.points.tolist() == [[0.0, 0.0]]
    assert found.method == "PCA"


def test_unknown_networks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nonsense"):
        finish(make_map(tmp_path, [Excerpt("a.wav", "x")], Embedder("nonsense"), tmp_path))
    with pytest.raises(DataError, match="trunk 7"):
        finish(make_map(tmp_path, [Excerpt("a.wav", "x")], Embedder("genre", 7), tmp_path))


def test_giving_up_ends_at_once(home: Path) -> None:
    data = open_dataset(home / "sounds")
    work = make_map(data.root, data.excerpts, cache=home / "cache")
    for share in work:
        if share >= 0.9:
            break
    work.close()
    with pytest.raises(StopIteration):
        next(work)


def test_too_many_are_thinned_by_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_EXCERPTS", 100)
    rows = [Excerpt(f"{n}.wav", "many" if n % 10 else "few") for n in range(1000)]
    kept = layout._thinned([*rows, Excerpt("one.wav", "one")], 1)
    counts = {label: sum(row.label == label for row in kept) for label in ("many", "few", "one")}
    assert counts == {"many": 89, "few": 9, "one": 1}
    assert [rows.index(row) for row in kept[:-1]] == sorted(rows.index(row) for row in kept[:-1])


def test_outliers_and_small_classes() -> None:
    rng = np.random.default_rng(1)
    a = cloud(rng, 0, 12)
    b = cloud(rng, 1, 12)
    strange = -10 * np.eye(40)[[3]] + rng.normal(0, 1, (1, 40))
    labels = ["a"] * 12 + ["b"] * 12 + ["a"]
    groups = [str(n) for n in range(25)]
    found = clouds(labels, np.concatenate([a, b, strange])).suspects(labels, groups)
    assert [number for number, one in found.items() if one.outlier] == [24]
    labels[0] = labels[1] = "c"  # two of a class: neighbours cannot have its label
    found = clouds(labels, np.concatenate([a, b, strange])).suspects(labels, groups)
    assert set(found) == {24}
    labels[0] = labels[1] = "a"
    labels[3] = "b"
    gone = ["" if number in (4, 5) else label for number, label in enumerate(labels)]
    found = clouds(labels, np.concatenate([a, b, strange])).suspects(gone, groups)
    assert found[3].likely == "a"
    assert found[3].share == 1.0


def test_neighbours_of_the_same_recording_are_not_asked() -> None:
    rng = np.random.default_rng(2)
    a, b = cloud(rng, 0, 20), cloud(rng, 1, 20)
    vectors = np.concatenate([a, b]).astype(np.float32)
    labels = ["a"] * 15 + ["b"] * 25  # five pieces of one recording, all labelled wrong
    groups = [str(n) for n in range(15)] + ["one"] * 5 + [str(n) for n in range(20, 40)]
    near, distances = layout._near(vectors, groups)
    places = tuple((f"{n}.wav", 0.0, None) for n in range(40))
    found = ExcerptMap(places, vectors[:, :2], "PCA", near, distances, {}).suspects(labels, groups)
    assert set(found) == {15, 16, 17, 18, 19}
    with pytest.raises(DataError):
        ExcerptMap(places, vectors[:, :2], "PCA", near, distances, {}).suspects(["a"], ["b"])
