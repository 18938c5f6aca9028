"""A bucket heard by a cluster: rows as Parquet parts that workers write, none of them twice."""

import io
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow
import pytest
import soundfile
from pyarrow import parquet

from engine.archive.addresses import Address
from engine.archive.cluster.parts import Parts
from engine.archive.database import Ear
from engine.archive.hearing import BLOCK_SECONDS
from engine.archive.parquet import table_of
from engine.recognition.events import BatchResult
from engine.recognition.files import classify_files
from tests.cluster import Bucket, Machines, s3_storage
from tests.planted import RATE, beeper, burst

EXTRAS = {"distributed": "cluster", "s3fs": "s3", "moto": "dev", "flask": "dev"}
SOUNDS = 5


@pytest.fixture(scope="module", autouse=True)
def _extras() -> None:
    for name, extra in EXTRAS.items():
        pytest.importorskip(name, reason=f"{name} is not installed (extra '{extra}')")


@pytest.fixture
def storage() -> Iterator[dict[str, str]]:
    with s3_storage() as environment:
        yield environment


@pytest.fixture
def bucket(storage: dict[str, str]) -> Iterator[Bucket]:
    made = Bucket(storage)
    for number in range(SOUNDS):
        put(made, number, 3)
    made.put("in/bad.wav", b"words")
    yield made
    made.close()


def put(bucket: Bucket, number: int, seconds: float) -> None:
    data = io.BytesIO()
    soundfile.write(data, burst(seconds, at=number % 3), RATE, format="WAV")
    bucket.put(f"in/{number % 2}/{number}.wav", data.getvalue())


def rows(bucket: Bucket) -> pyarrow.Table:
    """All rows of all parts."""
    parts = [io.BytesIO(bucket.get(name)) for name in bucket.names("heard")]
    return pyarrow.concat_tables([parquet.read_table(part) for part in parts])


def assert_alike(ours: pyarrow.Table, theirs: pyarrow.Table) -> None:
    assert ours.schema.names == theirs.schema.names
    order = [("file", "ascending"), ("time_seconds", "ascending")]
    one, other = ours.sort_by(order), theirs.sort_by(order)
    assert len(one) == len(other)
    for name in one.schema.names:
        mine, yours = one[name].to_pylist(), other[name].to_pylist()
        assert mine == (pytest.approx(yours, abs=1e-6) if isinstance(mine[0], float) else yours)


def wanted(bucket: Bucket, tmp_path: Path) -> pyarrow.Table:
    """The rows of the same files, heard in this process."""
    found = []
    for name in bucket.names("in"):
        path = tmp_path / name.rsplit("/", 1)[-1]
        path.write_bytes(bucket.get(name))
        models = {"planted": beeper()}
        for event in classify_files([path], models, block_seconds=BLOCK_SECONDS):
            if isinstance(event, BatchResult) and event.result is not None:
                table = table_of(event.result, "windows", ("beep", "hum", "hiss"), "mixed")
                names = pyarrow.array([f"s3://archive/{name}"] * len(table))
                found.append(table.set_column(0, "file", names))
    return pyarrow.concat_tables(found)


def test_parts(storage: dict[str, str], bucket: Bucket, tmp_path: Path) -> None:
    beeper().save(tmp_path / "beeper.safetensors")
    with Machines(tmp_path, storage) as machines:
        machines.start_scheduler()
        machines.start_worker()
        words = ["-c", "beeper.safetensors", "-f", "parquet", "-o", "s3://archive/heard/"]
        first = machines.classify(*words, "s3://archive/in")
        assert first.returncode == 1, first.stderr + machines.said()
        assert "s3://archive/in/bad.wav: bad.wav is not a sound file" in first.stderr
        assert_alike(rows(bucket), wanted(bucket, tmp_path))
        parts = bucket.names("heard")
        assert len(parts) == SOUNDS
        # One part is lost, one file is another meanwhile: both are heard, the others are not.
        bucket.remove(parts[0])
        put(bucket, 3, 5)
        again = machines.classify(*words, "s3://archive/in")
        assert f"{SOUNDS - 2} of {SOUNDS + 1} files are done already." in again.stderr
        assert_alike(rows(bucket), wanted(bucket, tmp_path))
        assert len(bucket.names("heard")) == SOUNDS
        # All again: every part replaces itself.
        third = machines.classify(*words, "--overwrite", "s3://archive/in")
        assert "already" not in third.stderr
        assert_alike(rows(bucket), wanted(bucket, tmp_path))
        missing = machines.classify(*words, "s3://archive/in/gone.wav")
        assert missing.returncode == 1
        assert "s3://archive/in/gone.wav does not exist." in missing.stderr
        nowhere = machines.classify(*words, "s3://nobodys/")
        assert nowhere.returncode == 2
        assert "Traceback" not in nowhere.stderr


def test_a_file_that_only_workers_see_is_never_taken_for_done() -> None:
    """Nobody here knows whether it has changed; as with a database, it is heard again."""
    system = fsspec.filesystem("memory")
    system.pipe_file("/seen/a.wav", b"words")
    seen, unseen = Address("memory://seen/a.wav"), Path("/only/on/workers/b.wav")
    ears = [Ear("planted", "0" * 64, "{}", ("beep",))]
    parts = Parts("memory://heard/", ("beep",))
    todo = parts.todo([seen, unseen], ears)
    assert list(todo) == [seen, unseen]
    for one in todo.values():
        system.pipe_file(f"/heard/{one.name}", b"rows")
    again = parts.todo([seen, unseen], ears)
    assert list(again) == [unseen]
    assert again[unseen] == todo[unseen]  # its part is replaced, none is deleted
    system.store.clear()
