"""What was being taught outlives the program, and an index that is brought up to date."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.audio.audio import Audio
from engine.audio.files import read
from engine.errors import DataError
from engine.search.building import build
from engine.search.index import Index
from engine.search.sessions import DAMAGED, NAME, Session, in_place, keep_sessions, kept_sessions
from engine.search.teaching import Mark, Teaching
from tests.engine.search.planted import RATE, PlantedEar, finished, store, tone
from tests.robustness.damage import broken_bytes


@pytest.fixture
def sounds(tmp_path: Path) -> list[Path]:
    return [
        store(tmp_path / "sounds" / f"{n}.wav", tone(400.0 + 90 * n, 9.0, seed=n)) for n in range(6)
    ]


@pytest.fixture
def place(tmp_path: Path, sounds: list[Path]) -> Path:
    grow(tmp_path / "index", sounds)
    return tmp_path / "index"


def grow(place: Path, sounds: list[Path]) -> None:
    ear = PlantedEar()
    with Index(place, make=ear.projection) as index:
        finished(build(index, ear, sounds))  # type: ignore[arg-type]


def taught(place: Path, sound: Path | Audio) -> Session:
    query = PlantedEar().of(tone(400.0, seed=50))
    with Index(place) as index:
        wanted = Teaching(index, query).begin(5)
    says = ("yes", "no", "unsure", "yes", "no")
    marks = tuple(
        Mark(one.hit, word, "audit", 0.25)  # type: ignore[arg-type]
        for one, word in zip(wanted, says, strict=True)
    )
    return Session(query, "a tone", sound, 1.0, 2.5, "low", marks)


def test_what_was_taught_is_kept(place: Path, sounds: list[Path]) -> None:
    before = taught(place, sounds[0])
    keep_sessions(place, [before, Session(before.query, "other", None, 0.0, 3.0)])
    with Index(place) as index:
        after, other = kept_sessions(index)
    assert after.marks == before.marks
    assert (after.words, after.sound, after.label) == ("a tone", sounds[0], "low")
    assert (after.start_seconds, after.end_seconds, after.aside) == (1.0, 2.5, ())
    np.testing.assert_allclose(after.query, before.query, atol=1e-6)
    assert (other.words, other.sound, other.marks) == ("other", None, ())


def test_marks_follow_their_stretches(place: Path, sounds: list[Path], tmp_path: Path) -> None:
    """Files are heard again, go, come back; segments are joined and numbered anew."""
    before = taught(place, sounds[0])
    marked = {mark.hit.path: mark for mark in before.marks}
    changed, gone, *same = marked
    store(changed, tone(2000.0, 9.0))
    aside = tmp_path / "aside.wav"
    gone.rename(aside)
    new = [store(tmp_path / "sounds" / f"new-{n}.wav", tone(3000.0, 9.0)) for n in range(9)]
    grow(place, [path for path in [*sounds, *new] if path != gone])
    with Index(place) as index:
        moved = in_place(index, before)
        assert {mark.hit.path for mark in moved.marks} == set(same)
        assert {mark.hit.path for mark in moved.aside} == {changed, gone}
        vectors = index.vectors_of([mark.hit.key for mark in moved.marks])
        for mark, vector in zip(moved.marks, vectors, strict=True):
            hit, ear = mark.hit, PlantedEar()
            assert (mark.says, hit.start_seconds) == (
                marked[hit.path].says,
                marked[hit.path].hit.start_seconds,
            )
            sound = read(hit.path, mono=True, start_seconds=hit.start_seconds, duration_seconds=3)
            assert float(vector @ ear.of(sound.samples[0])[0]) > 0.99
        keep_sessions(place, [moved])
        (again,) = kept_sessions(index)
        assert (again.marks, {m.hit.path for m in again.aside}) == (moved.marks, {changed, gone})
    aside.rename(gone)
    grow(place, [*sounds, *new])
    with Index(place) as index:
        (back,) = kept_sessions(index)
    assert {mark.hit.path for mark in back.marks} == {*same, gone}
    assert [mark.hit.path for mark in back.aside] == [changed]


def test_an_example_that_was_in_memory_is_kept_as_a_file(place: Path, tmp_path: Path) -> None:
    sound = Audio(np.stack([tone(400.0, 4.0), tone(500.0, 4.0)]), RATE)
    keep_sessions(place, [taught(place, sound)])
    with Index(place) as index:
        (found,) = kept_sessions(index)
    assert isinstance(found.sound, Path)
    assert (found.start_seconds, found.end_seconds) == (0.0, 1.5)
    kept = read(found.sound)
    np.testing.assert_allclose(kept.samples, sound.samples[:, RATE : RATE * 5 // 2], atol=1e-4)
    moved = tmp_path / "moved"
    place.rename(moved)
    with Index(moved) as index:
        (found,) = kept_sessions(index)
    assert isinstance(found.sound, Path)
    assert found.sound.parent.parent == moved
    keep_sessions(moved, [])
    assert not list((moved / "examples").iterdir())


def test_a_kept_example_stays_where_the_index_is_named_from_here(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.parent)
    near = Path(place.name)
    keep_sessions(near, [taught(near, Audio(tone(400.0, 4.0)[None], RATE))])
    with Index(near) as index:
        (found,) = kept_sessions(index)
    assert isinstance(found.sound, Path)
    assert found.sound.is_file()


def test_a_name_without_end_costs_no_marks(place: Path, sounds: list[Path]) -> None:
    before = replace(taught(place, sounds[0]), label="a" * 9000, words="b" * 9000)
    keep_sessions(place, [before])
    with Index(place) as index:
        (after,) = kept_sessions(index)
    assert after.marks == before.marks
    assert before.label.startswith(after.label)


def test_damage_is_put_aside(place: Path, sounds: list[Path]) -> None:
    keep_sessions(place, [taught(place, sounds[0])])
    whole = (place / NAME).read_bytes()
    told: list[str] = []
    aside: list[bool] = []
    for seed in range(200):
        _, data = broken_bytes(random.Random(seed), whole)
        (place / NAME).write_bytes(data)
        with Index(place) as index:
            try:
                for session in kept_sessions(index):
                    index.vectors_of([mark.hit.key for mark in session.marks])
            except DataError as error:
                told.append(str(error))
                aside.append((place / DAMAGED).read_bytes() == data)
    assert len(told) > 50
    assert all("were put aside as teaching-damaged.json" in words for words in told)
    assert all(aside)
    (place / NAME).write_text(json.dumps({"version": 9, "sessions": []}))
    with Index(place) as index, pytest.raises(DataError, match="put aside"):
        kept_sessions(index)


def test_what_cannot_be_kept_is_said(place: Path, sounds: list[Path]) -> None:
    session = taught(place, sounds[0])
    shutil.rmtree(place)
    with pytest.raises(DataError, match="could not be kept"):
        keep_sessions(place, [session])
