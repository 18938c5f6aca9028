"""Teaching by marks: what is suggested, how precise it is, and the classifier it ends in."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from engine.archive.corrections import wilson
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.datasets import open_dataset
from engine.errors import DataError
from engine.recognition.analysis import Analysis
from engine.recognition.files import analyse
from engine.search.building import build
from engine.search.ear import SearchEar, read_stretch
from engine.search.hits import Hit
from engine.search.index import Index
from engine.search.projection import on_sphere
from engine.search.result import save_taught
from engine.search.teaching import (
    DONE_AT,
    Estimate,
    Mark,
    Teaching,
    Wanted,
    estimate_of,
    learn,
)
from resources import resource
from tests.engine.search.planted import PlantedEar, finished, store, tone


@pytest.fixture
def ear() -> PlantedEar:
    return PlantedEar()


@pytest.fixture
def index(tmp_path: Path, ear: PlantedEar) -> Index:
    """Forty files of 3 s: each fourth a chord of two tones that stray, the others one of them."""
    rng = np.random.default_rng(5)
    for number in range(40):
        low, high = 400 * rng.uniform(0.98, 1.02), 1600 * rng.uniform(0.98, 1.02)
        both = tone(low, seed=number) + tone(high, seed=number + 100)
        kinds = [both, tone(low, seed=number), tone(high, seed=number), tone(3000, seed=number)]
        name = "chord" if number % 4 == 0 else f"other{number % 4}"
        store(tmp_path / "sounds" / f"{name}-{number}.wav", kinds[number % 4])
    opened = Index(tmp_path / "index", make=ear.projection)
    finished(build(opened, ear, sorted((tmp_path / "sounds").iterdir())))  # type: ignore[arg-type]
    return opened


def says(wanted: Wanted) -> bool:
    return wanted.hit.path.name.startswith("chord")


def taught(index: Index, ear: PlantedEar, marks: int) -> Teaching:
    query = ear.of(tone(400, seed=9) + tone(1600, seed=8))
    teaching = Teaching(index, query, seed=1)
    wanted = teaching.begin(6)
    while len(teaching.marks) < marks:
        for one in wanted[: marks - len(teaching.marks)]:
            teaching.mark(one, "yes" if says(one) else "no")
        teaching.fit()
        wanted = teaching.propose(6)
    return teaching


def precision_among_ten(teaching: Teaching, index: Index) -> float:
    head = teaching.fitted or teaching.fit()
    best = index.best(head.logits, count=10, most_a_file=1)
    return sum(hit.path.name.startswith("chord") for hit in best) / 10


def test_marks_make_it_better(index: Index, ear: PlantedEar) -> None:
    few, many = taught(index, ear, 6), taught(index, ear, 18)
    assert precision_among_ten(many, index) >= precision_among_ten(few, index)
    assert precision_among_ten(many, index) >= 0.9
    assert many.fitted is not None
    inside = index.vectors_of([mark.hit.key for mark in many.marks])
    right = (many.fitted.probabilities(inside) >= 0.5) == [m.says == "yes" for m in many.marks]
    assert right.mean() >= 0.9
    index.close()


def test_nothing_is_suggested_twice_and_reasons_are_mixed(index: Index, ear: PlantedEar) -> None:
    teaching = taught(index, ear, 12)
    wanted = teaching.propose(8)
    keys = [one.hit.key for one in wanted]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & {mark.hit.key for mark in teaching.marks}
    assert len({one.reason for one in wanted}) >= 3
    assert len({one.hit.path for one in wanted}) == len(wanted)
    assert all(one.probability is not None and 0 < one.probability < 1 for one in wanted)
    head = teaching.fitted
    assert head is not None
    known = frozenset(mark.hit.key for mark in teaching.marks)
    every = index.best(head.logits, count=40, most_a_file=1, besides=known)
    odds = [abs(logit) for logit in head.logits(index.vectors_of([h.key for h in every]))]
    even = {every[n].key for n in np.argsort(odds)[:8]}
    assert {one.hit.key for one in wanted if one.reason == "margin"} <= even
    index.close()


def test_a_mark_is_replaced_and_taken_back(index: Index, ear: PlantedEar) -> None:
    teaching = Teaching(index, ear.of(tone(400)))
    one = teaching.begin(3)[0]
    teaching.mark(one, "yes")
    teaching.mark(one, "no")
    assert [mark.says for mark in teaching.marks] == ["no"]
    teaching.unmark(one.hit)
    assert teaching.marks == []
    index.close()


def marked(reason: str, *words: str) -> list[Mark]:
    return [
        Mark(Hit(Path(f"{n}.wav"), 0, 3, 0.9, 1, n), word, reason)  # type: ignore[arg-type]
        for n, word in enumerate(words)
    ]


def test_only_random_draws_tell_how_precise_it_is() -> None:
    assert estimate_of(marked("likely", "yes", "yes")) == Estimate(0, 0, 0.0, 1.0, 2)
    found = estimate_of(marked("audit", "yes", "unsure", "no", "yes"))
    assert (found.right, found.audited, found.marks) == (2, 3, 4)
    assert (found.low, found.high) == wilson(2, 3)
    assert not found.done
    sure = estimate_of(marked("audit", *["yes"] * 16))
    assert sure.low >= DONE_AT
    assert sure.done
    # Those of the heads before the last count no more.
    assert estimate_of(marked("audit", *["no"] * 30, *["yes"] * 30)).share == 1.0


def test_one_example_alone_is_learned_from() -> None:
    vectors = np.eye(4, 128, dtype=np.float32)
    head = learn(vectors[:1], [True])
    found = head.probabilities(vectors)
    assert found[0] > 0.5 > found[1:].max()


def test_a_head_reports_what_it_has_not_seen_and_leaves_the_rest_alone() -> None:
    """Of a class around a direction, among others; half of it is marked."""
    rng = np.random.default_rng(0)
    kinds = rng.standard_normal((8, 128)).astype(np.float32) * np.linspace(2, 0.5, 128)
    labels = np.repeat(np.arange(8), 40)
    vectors = on_sphere((kinds[labels] + 1.1 * rng.standard_normal((320, 128))).astype(np.float32))
    order = rng.permutation(320)
    seen, unseen = order[:60], order[60:]
    says = labels == 3
    head = learn(vectors[seen], says[seen].tolist())
    reported = head.probabilities(vectors[unseen]) >= 0.5
    assert reported[says[unseen]].mean() > 0.6
    assert says[unseen][reported].mean() > 0.8
    far = on_sphere(rng.standard_normal((50, 128)).astype(np.float32))
    assert head.probabilities(far).max() < 0.3
    # The order is that of the head before: scaling moves nothing past another.
    same = learn(vectors[seen], says[seen].tolist(), [0] * 60)  # nothing is left to learn it from
    assert np.array_equal(
        np.argsort(head.shifts, kind="stable"), np.argsort(same.shifts, kind="stable")
    )


def test_what_is_new_waits_for_examples_of_both_kinds(index: Index, ear: PlantedEar) -> None:
    teaching = Teaching(index, ear.of(tone(400, seed=9) + tone(1600, seed=8)), seed=1)
    for one in teaching.begin(4):
        teaching.mark(one, "yes" if says(one) else "no")
    teaching.fit()
    assert "novel" not in {one.reason for one in teaching.propose(12)}
    index.close()


@pytest.fixture(scope="module")
def real() -> SearchEar:
    return SearchEar()


def test_it_ends_in_a_classifier_and_a_data_set(tmp_path: Path, real: SearchEar) -> None:
    """Flute against harpsichord, of the sounds that Earmark comes with."""
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    names = ("flute", "harpsichord")
    for name in names:
        whole = read_stretch(resource("sounds", f"{name}.ogg"), 0.0, 6.0)
        soundfile.write(sounds / f"{name}.wav", whole.samples[0], whole.rate_hz)
    with Index(tmp_path / "index", make=real.projection) as index:
        finished(build(index, real, sorted(sounds.iterdir())))
        marks = []
        for name in names:
            for at in (0.5, 3.5):
                hit = index.hit_at(sounds / f"{name}.wav", at)
                assert hit is not None
                marks.append(Mark(hit, "yes" if name == "flute" else "no", "similar"))
        query = real.query(read_stretch(sounds / "flute.wav", 1.0, 2.0))
        assert index.search(query, count=1)[0].path.name == "flute.wav"
    catalog, place = Catalog(tmp_path / "models"), tmp_path / "taught"
    steps = save_taught(
        real, " My  flute ", marks, estimate_of(marks), catalog=catalog, dataset=place
    )
    found = finished(steps)
    assert found.name == "my-flute"  # type: ignore[attr-defined]
    classifier = catalog.load("my-flute")
    assert classifier.card.labels == ["My flute"]
    assert "2 are it, 2 are not" in classifier.card.description
    for name, low, high in ((names[0], 0.6, 1.0), (names[1], 0.0, 0.4)):
        rows = finished(analyse(sounds / f"{name}.wav", {"mine": classifier}))
        mean = rows.timelines["mine"].probabilities.mean()  # type: ignore[attr-defined]
        assert low <= mean <= high, name
    _live_is_file(classifier, sounds / "flute.wav")
    dataset = open_dataset(place)
    assert dataset.counts() == {"My flute": 2, "other": 2}
    assert {row.extra["chosen"] for row in dataset.excerpts} == {"similar"}
    with pytest.raises(DataError, match="exists already"):
        next(save_taught(real, "x", marks, estimate_of(marks), catalog=catalog, dataset=place))
    with pytest.raises(DataError, match="No stretch is marked"):
        next(save_taught(real, "x", marks[2:], estimate_of(marks), catalog=catalog))
    again = finished(save_taught(real, "My flute", marks, estimate_of(marks), catalog=catalog))
    assert again.name == "my-flute-2"  # type: ignore[attr-defined]
    for name in names:  # replaced by silence since they were marked
        soundfile.write(sounds / f"{name}.wav", np.zeros(80_000), 16_000)
    with pytest.raises(DataError, match="only silence"):
        finished(save_taught(real, "x", marks, estimate_of(marks), catalog=catalog))


def _live_is_file(classifier: Classifier, path: Path) -> None:
    """Rows of a stream in odd blocks are those of the file; its trunk is that of the base."""
    samples, rate = soundfile.read(path, dtype="float32")
    live, rows = Analysis({"mine": classifier}, rate), []
    for start in range(0, len(samples), 7001):
        rows.append(live.push(samples[start : start + 7001])["mine"].probabilities)
    rows.append(live.finish()["mine"].probabilities)
    whole = finished(analyse(path, {"mine": classifier}))
    np.testing.assert_allclose(
        np.concatenate(rows),
        whole.timelines["mine"].probabilities,  # type: ignore[attr-defined]
        atol=1e-6,
    )
    base = Catalog().load("instrument").network.trunks[0].state_dict()
    for name, tensor in classifier.network.trunks[0].state_dict().items():
        assert torch.equal(tensor, base[name])
