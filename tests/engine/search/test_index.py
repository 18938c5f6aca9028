"""The index: what is found, what grows, what changed or vanished, kills and damage."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import DataError
from engine.locks import FolderLock
from engine.search import building
from engine.search.building import Built, build
from engine.search.ear import Heard
from engine.search.hits import Hit
from engine.search.index import Index, default_place, find_index
from engine.search.projection import NUMBERS, from_int8, on_sphere, to_int8
from engine.search.scores import Scored, Scores
from engine.search.table import FileRow
from tests.engine.search.planted import PlantedEar, finished, store, tone
from tests.robustness.damage import broken_bytes

ROOT = Path(__file__).resolve().parents[3]
PITCHES = (300.0, 700.0, 1500.0)


@pytest.fixture
def ear() -> PlantedEar:
    return PlantedEar()


@pytest.fixture
def sounds(tmp_path: Path) -> list[Path]:
    """Six files of 9 s: in each, one pitch in the middle and another around it."""
    found = []
    for number in range(6):
        pitch = PITCHES[number % 3]
        around = tone(3000.0, seed=number)
        samples = np.concatenate([around, tone(pitch, seed=10 + number), around])
        found.append(store(tmp_path / "sounds" / f"{number}-{pitch:.0f}.wav", samples))
    return found


def grown(folder: Path, ear: Any, paths: list[Path], **more: Any) -> Built:
    with Index(folder, make=ear.projection) as index:
        found = finished(build(index, ear, paths, **more))
    assert isinstance(found, Built)
    return found


def test_the_most_alike_are_found_with_their_times(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path]
) -> None:
    built = grown(tmp_path / "index", ear, sounds)
    assert (built.heard, built.unchanged, built.failed, built.gone) == (6, 0, 0, 0)
    assert built.seconds == pytest.approx(54.0)
    with Index(tmp_path / "index") as index:
        assert index.count() == (6, pytest.approx(54.0))
        hits = index.search(ear.of(tone(700.0, seed=99)), count=4)
        assert [hit.path.name for hit in hits[:2]] in (
            ["1-700.wav", "4-700.wav"],
            ["4-700.wav", "1-700.wav"],
        )
        assert [(hit.start_seconds, hit.end_seconds) for hit in hits[:2]] == [(3.0, 6.0)] * 2
        assert hits[0].score > 0.95 > hits[2].score
        assert [hit.score for hit in hits] == sorted((h.score for h in hits), reverse=True)
        # As by all the vectors, without an index.
        query = ear.of(tone(700.0, seed=99))
        every = {
            (path, 3.0 * n): float(vector @ query[0])
            for path in sounds
            for n, vector in enumerate(finished(ear.hear(path)).vectors)  # type: ignore[attr-defined]
        }
        best = max(every, key=lambda place: every[place])
        assert (hits[0].path, hits[0].start_seconds) == best
        assert hits[0].score == pytest.approx(every[best], abs=0.01)


def test_neighbours_count_once_and_files_give_only_so_many(tmp_path: Path, ear: PlantedEar) -> None:
    long = store(tmp_path / "a" / "long.wav", tone(500.0, 60.0))
    other = store(tmp_path / "a" / "other.wav", tone(520.0, 3.0))
    grown(tmp_path / "index", ear, [long, other])
    with Index(tmp_path / "index") as index:
        hits = index.search(ear.of(tone(500.0)), count=5, most_a_file=2)
        assert sorted(hit.path.name for hit in hits) == ["long.wav", "long.wav", "other.wav"]
        rows = [hit.row for hit in hits if hit.path == long]
        assert abs(rows[0] - rows[1]) > 1


def test_silence_is_never_found(tmp_path: Path, ear: PlantedEar) -> None:
    quiet = store(tmp_path / "a" / "quiet.wav", np.zeros(8000 * 6, dtype=np.float32))
    loud = store(tmp_path / "a" / "loud.wav", tone(500.0))
    grown(tmp_path / "index", ear, [quiet, loud])
    with Index(tmp_path / "index") as index:
        assert [hit.path for hit in index.search(ear.of(tone(900.0)))] == [loud]


def test_only_what_is_new_or_changed_is_heard_and_what_vanished_is_marked(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path]
) -> None:
    place = tmp_path / "index"
    bad = tmp_path / "sounds" / "bad.wav"
    bad.write_text("no sound")
    first = grown(place, ear, [*sounds, bad])
    assert (first.heard, first.failed) == (6, 1)
    ear.heard.clear()
    again = grown(place, ear, [*sounds, bad])
    assert (again.heard, again.unchanged, again.failed) == (0, 6, 1)
    assert ear.heard == []
    store(sounds[0], tone(900.0, 6.0))
    aside = sounds[1].with_suffix(".aside")
    sounds[1].rename(aside)
    later = grown(place, ear, [path for path in sounds if path != sounds[1]])
    assert (later.heard, later.gone) == (1, 1)
    assert ear.heard == [sounds[0]]
    with Index(place) as index:
        found = {hit.path for hit in index.search(ear.of(tone(700.0)), count=50)}
        assert sounds[1] not in found
        assert index.files()[str(sounds[1])].status == "gone"
        best = index.search(ear.of(tone(900.0, seed=5)), count=1)[0]
        assert best.path == sounds[0]
        old = [h for h in index.search(ear.of(tone(300.0)), count=50) if h.path == sounds[0]]
        assert all(hit.end_seconds <= 6.0 for hit in old)  # its old rows are gone
    aside.rename(sounds[1])
    ear.heard.clear()
    back = grown(place, ear, sounds)
    assert (back.heard, back.gone, ear.heard) == (0, 0, [])
    with Index(place) as index:
        assert sounds[1] in {hit.path for hit in index.search(ear.of(tone(700.0)))}
    bad.write_bytes(sounds[2].read_bytes())
    assert grown(place, ear, [*sounds, bad]).heard == 1


def test_many_small_segments_become_one(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "index"
    monkeypatch.setattr(building, "_SEAL_SECONDS", -1.0)
    with Index(place, make=ear.projection) as index:
        finished(build(index, ear, sounds))  # type: ignore[arg-type]
        hits = index.search(ear.of(tone(700.0)), count=9)
    assert len(list((place / "segments").glob("*.npy"))) == 1
    with Index(place) as index:
        assert [(h.path, h.start_seconds, h.score) for h in hits] == [
            (h.path, h.start_seconds, h.score) for h in index.search(ear.of(tone(700.0)), count=9)
        ]


def test_what_was_cancelled_is_kept_and_continued(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path]
) -> None:
    place = tmp_path / "index"
    with Index(place, make=ear.projection) as index:
        steps = build(index, ear, sounds)  # type: ignore[arg-type]
        while True:
            step = next(steps)
            if step is not None and step.done == 3:
                break
        steps.close()
    ear.heard.clear()
    built = grown(place, ear, sounds)
    assert (built.heard, built.unchanged) == (3, 3)
    assert ear.heard == sounds[3:]


def rows_of(folder: Path) -> dict[str, np.ndarray]:
    """The vectors of each file."""
    with Index(folder) as index:
        return {file.path: vectors for file, vectors in index.each()}


def test_several_processes_make_the_same(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path]
) -> None:
    bad = tmp_path / "sounds" / "bad.wav"
    bad.write_text("no sound")
    one = grown(tmp_path / "one", ear, [*sounds, bad])
    ear.heard.clear()
    steps = []
    with Index(tmp_path / "many", make=ear.projection) as index:
        building_it = build(index, ear, [bad, *sounds], jobs=2)  # type: ignore[arg-type]
        while True:
            try:
                steps.append(next(building_it))
            except StopIteration as stop:
                many = stop.value
                break
    assert ear.heard == []  # nothing was heard in this process
    assert many == one
    assert not multiprocessing.active_children()
    told = [step for step in steps if step is not None]
    assert [step.path for step in told if step.problem] == [bad]
    assert [step.share for step in told] == sorted(step.share for step in told)
    assert told[-1].share == 1.0
    assert told[-1].done == 7
    ones, manies = rows_of(tmp_path / "one"), rows_of(tmp_path / "many")
    assert ones.keys() == manies.keys()
    assert len(ones) == 6
    for path, vectors in ones.items():
        assert np.array_equal(vectors, manies[path])


class SlowEar(PlantedEar):
    """One that can be killed at work."""

    def __init__(self) -> None:
        super().__init__()
        self.another = SlowEar

    def hear(self, path: Path, step_seconds: float = 3.0) -> Generator[float, None, Heard]:
        time.sleep(60.0 if "slow" in path.name else 0.0)
        return (yield from super().hear(path, step_seconds))


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix does")
def test_a_process_that_is_killed_costs_its_file_for_now(
    tmp_path: Path, sounds: list[Path]
) -> None:
    slow = store(tmp_path / "sounds" / "slow.wav", tone(600.0))
    ear, killed, problems = SlowEar(), 0, []
    with Index(tmp_path / "index", make=ear.projection) as index:
        for step in build(index, ear, [slow, *sounds], jobs=2):  # type: ignore[arg-type]
            if step is not None and step.done == len(sounds) and not killed:
                for process in multiprocessing.active_children():
                    os.kill(process.pid or 0, signal.SIGKILL)
                    killed += 1
            problems += [step.problem] if step is not None and step.problem else []
    assert killed == 2
    assert len(problems) == 1
    assert "ended unexpectedly" in problems[0]
    assert set(rows_of(tmp_path / "index")) == set(map(str, sounds))
    assert grown(tmp_path / "index", PlantedEar(), [slow, *sounds]).heard == 1  # it is tried again


KILLED = """
import sys, time
from pathlib import Path
from engine.search import building
from engine.search.index import Index
from tests.engine.search.planted import PlantedEar
building._SEAL_SECONDS = 0.0
ear = PlantedEar()
with Index(Path(sys.argv[1]), make=ear.projection) as index:
    for step in building.build(index, ear, sorted(Path(sys.argv[2]).iterdir())):
        print(step.done, flush=True)
        time.sleep(0.02)
"""


def test_killed_while_it_grows_it_ends_as_if_unbroken(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path]
) -> None:
    place, whole = tmp_path / "index", tmp_path / "whole"
    rng = random.Random(3)
    for _ in range(3):
        begun = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(place), str(sounds[0].parent)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert begun.stdout is not None
        begun.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.15))
        begun.send_signal(signal.SIGKILL)
        begun.wait()
        begun.stdout.close()
    grown(place, ear, sounds)
    grown(whole, ear, sounds)
    assert not FolderLock(place).holder().process
    found = []
    for folder in (place, whole):
        with Index(folder) as index:
            hits = index.search(ear.of(tone(1500.0, seed=4)), count=50, most_a_file=9)
            found.append(sorted((h.path, h.start_seconds, round(h.score, 6)) for h in hits))
    assert found[0] == found[1]
    known = {path.name for path in (place / "segments").iterdir()}
    assert len(known) == 1, "segments that no table knows were left"


def long_index(folder: Path, files: int, rows: int, step: float = 0.01) -> Index:
    """Files whose vectors stray a little from those of the first, each farther than the last."""
    rng = np.random.default_rng(0)
    index = Index(folder, make=PlantedEar().projection)
    index.begin_changes()
    centre = rng.standard_normal((1, NUMBERS)).astype(np.float32)
    for number in range(files):
        noise = rng.standard_normal((rows, NUMBERS)).astype(np.float32)
        part = to_int8(on_sphere(centre + step * (1 + number) * noise))
        index.add([(FileRow(f"/{number}.wav", 1, 1, "done", "", 3.0 * rows), part)])
    return index


def test_few_long_files_give_their_hits_without_looking_at_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of twenty files with 4,000 rows each, one hit a file is wanted."""
    looked, highest = [0], Scores.highest

    def counted(self: Scores, count: int) -> list[Scored]:
        found = highest(self, count)
        looked[0] += len(found)
        return found

    with long_index(tmp_path / "index", 20, 4000) as index:
        query = index.vectors_of([(1, 0)])
        monkeypatch.setattr(Scores, "highest", counted)
        every: list[np.ndarray] = []

        def judge(block: np.ndarray) -> np.ndarray:
            every.append(block @ query[0])
            return every[-1]

        hits = index.best(judge, count=20, most_a_file=1)
        scores = np.concatenate(every).reshape(20, 4000)
        assert len(hits) == 20
        assert {int(hit.path.stem): hit.score for hit in hits} == pytest.approx(
            dict(enumerate(scores.max(axis=1).clip(max=1.0).tolist())), abs=1e-6
        )
        assert looked[0] < 20_000
        looked[0] = 0
        assert len(index.search(query, count=100, most_a_file=2)) == 40  # there are no more
        assert looked[0] < 80_000


def test_silence_and_files_that_have_gone_hide_nothing(tmp_path: Path) -> None:
    """A head may give silence more than most sounds."""
    with long_index(tmp_path / "index", 3, 500) as index:
        quiet = np.zeros((4000, NUMBERS), dtype=np.int8)
        index.add([(FileRow("/quiet.wav", 1, 1, "done", "", 12_000.0), quiet)])
        hits = index.best(lambda block: -np.abs(block).sum(axis=1), count=9, most_a_file=3)
        assert sorted({hit.path.name for hit in hits}) == ["0.wav", "1.wav", "2.wav"]
        gone = [replace(file, status="gone") for file in index.files().values() if "1" in file.path]
        index.mark(gone)
        hits = index.best(lambda block: -np.abs(block).sum(axis=1), count=9, most_a_file=3)
        assert sorted({hit.path.name for hit in hits}) == ["0.wav", "2.wav"]


def test_a_number_of_a_segment_is_never_used_again(tmp_path: Path) -> None:
    """Who has found something in a segment that was dropped must not hear another's sound."""
    with long_index(tmp_path / "index", 2, 5) as index:
        found = index.search(index.vectors_of([(2, 1)]), count=1)[0]
        known = index.files()
        index.mark([replace(file, count=0, segment=0) for file in known.values()])
        index.merge(1000)
        assert index._table.segments() == {}
        part = np.full((5, NUMBERS), 3, dtype=np.int8)
        for number in range(3):
            index.add([(FileRow(f"/new-{number}.wav", 1, 1, "done", "", 15.0), part)])
        assert sorted(index._table.segments()) == [3, 4, 5]
        with pytest.raises(DataError, match="has changed meanwhile"):
            index.vectors_of([found.key])


CUT_SHORT = """
import os, sys
from pathlib import Path
import engine.search.index as index
from tests.engine.search.planted import PlantedEar
left = int(sys.argv[2])
def counted(frame, event, argument):
    global left
    if event == "line" and frame.f_code.co_filename.endswith(
        ("search/index.py", "search/table.py", "atomic_write.py", "locks.py")
    ):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)
    return counted
ear = PlantedEar()
sys.settrace(counted)
index.Index(Path(sys.argv[1]), make=ear.projection).close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix does")
def test_killed_while_it_is_made_it_is_made_again(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path]
) -> None:
    """At moments spread over the lines that make one."""
    ended, step = False, 0
    while not ended:
        step += 23
        place = tmp_path / f"index-{step}"
        code = [sys.executable, "-c", CUT_SHORT, str(place), str(step)]
        ended = subprocess.run(code, cwd=ROOT).returncode == 0
        assert grown(place, ear, sounds[:1]).heard == 1
        with Index(place) as index:
            assert index.search(ear.of(tone(300.0)), count=1)
        assert {path.name for path in place.iterdir()} <= {
            *("index.sqlite", "projection.safetensors", "segments")
        }
    assert step > 100


def test_a_second_writer_is_refused(tmp_path: Path, ear: PlantedEar, sounds: list[Path]) -> None:
    with Index(tmp_path / "index", make=ear.projection) as one:
        one.begin_changes()
        with Index(tmp_path / "index") as other, pytest.raises(DataError, match="being written"):
            other.begin_changes()
        assert one.search(ear.of(tone(500.0))) == []


def test_what_is_not_an_index_is_refused(tmp_path: Path, ear: PlantedEar) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="not empty and not an index"):
        Index(tmp_path / "full", make=ear.projection)
    with pytest.raises(DataError, match="is not an index of sounds"):
        Index(tmp_path / "full")
    with pytest.raises(DataError, match="There is no index"):
        find_index(tmp_path / "nowhere")
    with pytest.raises(DataError, match="whole number of seconds"):
        Index(tmp_path / "new", make=ear.projection, step_seconds=1.5)
    assert find_index.__doc__
    assert default_place(tmp_path) != default_place(tmp_path / "full")
    with Index(tmp_path / "fine", make=ear.projection, step_seconds=1.0):
        pass
    with pytest.raises(DataError, match="a vector each 1 s"):
        Index(tmp_path / "fine", make=ear.projection, step_seconds=3.0)
    other = PlantedEar()
    other.projection = type(other.projection)(
        other.projection.mean + 1, other.projection.components, "other"
    )
    with pytest.raises(DataError, match="another version of Earmark"):
        Index(tmp_path / "fine", make=other.projection)


@pytest.mark.parametrize("name", ["index.sqlite", "projection.safetensors", "segments/1.npy"])
def test_damage_gets_one_sentence(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path], name: str
) -> None:
    whole = tmp_path / "whole"
    grown(whole, ear, sounds)
    refused: list[str] = []
    for seed in range(25):
        place = tmp_path / f"broken-{seed}"
        shutil.copytree(whole, place)
        _, data = broken_bytes(random.Random(seed), (place / name).read_bytes())
        (place / name).write_bytes(data)
        try:
            with Index(place) as index:
                hits = index.search(ear.of(tone(700.0)))
                index.vectors_of([hit.key for hit in hits])
                for hit in hits:
                    assert hit.end_seconds >= hit.start_seconds >= 0
        except DataError as error:
            refused.append(str(error))
    assert len(refused) > 3
    assert all(words.endswith(".") and "\n" not in words for words in refused)
    os.remove(place / name)
    with pytest.raises(DataError), Index(place) as index:
        index.search(ear.of(tone(700.0)))


def test_int8_changes_cosines_by_little() -> None:
    rng = np.random.default_rng(0)
    scale = np.linspace(2, 0.5, NUMBERS)  # as of principal components
    vectors = on_sphere((rng.standard_normal((2000, NUMBERS)) * scale).astype(np.float32))
    kept = from_int8(to_int8(vectors))
    before, after = vectors[:100] @ vectors.T, kept[:100] @ kept.T
    assert np.abs(before - after).max() < 0.02
    assert np.abs(before - after).mean() < 0.004
    assert not from_int8(to_int8(np.zeros((1, NUMBERS), dtype=np.float32))).any()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_thousands_of_segments_are_more_than_may_be_open(
    tmp_path: Path, ear: PlantedEar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours of work leave a segment each quarter of a minute; systems allow 1,024 open files."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Index(tmp_path / "index", make=ear.projection) as index:
        index.begin_changes()
        rng = np.random.default_rng(0)
        for number in range(300):
            part = to_int8(on_sphere(rng.standard_normal((4, NUMBERS)).astype(np.float32)))
            index.add([(FileRow(str(tmp_path / f"{number}.wav"), 1, 1, "done", "", 12.0), part)])
        query = from_int8(part[:1])
        used = len(os.listdir("/dev/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 100, before[1]))
        try:
            hits = index.search(query, count=200, most_a_file=1)
            vectors = index.vectors_of([hit.key for hit in hits])
            index.merge(500)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        assert len(hits) == 200
        assert [float(v @ query[0]) for v in vectors] == pytest.approx(
            [h.score for h in hits], abs=0.01
        )
        again = index.search(query, count=200, most_a_file=1)
        assert [(hit.path, hit.start_seconds) for hit in again] == [
            (hit.path, hit.start_seconds) for hit in hits
        ]
        assert len(list((tmp_path / "index" / "segments").glob("*.npy"))) == 3


def named(hits: list[Hit]) -> list[tuple[Path, float]]:
    """Whose they are; which of two stretches that sound the same comes first is by chance."""
    return sorted((hit.path, round(hit.score, 4)) for hit in hits)


def test_segments_joined_by_another_program_during_a_search_are_found(
    tmp_path: Path, ear: PlantedEar, sounds: list[Path]
) -> None:
    place = tmp_path / "index"
    with Index(place, make=ear.projection) as writer:
        writer.begin_changes()
        for path in sounds:
            heard = finished(ear.hear(path))
            row = FileRow(str(path), 1, 1, "done", "", 9.0)
            writer.add([(row, to_int8(heard.vectors))])  # type: ignore[attr-defined]
        query = ear.of(tone(700.0, seed=99))
        with Index(place) as reader:
            wanted = named(reader.search(query, count=9))
            joined: list[bool] = []

            def judge(block: np.ndarray) -> np.ndarray:
                if not joined:
                    joined.append(True)
                    writer.merge(1000)
                return block @ query[0]

            found = reader.best(judge, count=9)
            assert named(found) == wanted
            files = reader.each()
            next(files)
            writer.add([(FileRow("/new", 1, 1, "done", "", 3.0), to_int8(query))])
            writer.merge(1000)
            assert len(list(files)) == len(sounds) - 1  # what is open is read to its end


def test_a_full_disk_is_no_reason_to_delete_an_index(tmp_path: Path, ear: PlantedEar) -> None:
    with Index(tmp_path / "index", make=ear.projection) as index:
        index._table._rows("PRAGMA max_page_count = 1")
        index.begin_changes()
        many = [(FileRow(f"/{n}" + "x" * 900, 1, 1, "failed", "why"), ()) for n in range(99)]
        with pytest.raises(DataError, match="What is in it stays") as told:
            index.add([(row, np.zeros((0, NUMBERS), dtype=np.int8)) for row, _ in many])
        assert "Delete" not in str(told.value)
