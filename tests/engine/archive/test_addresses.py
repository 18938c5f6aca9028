"""Sounds that lie elsewhere: in memory, behind a web server, in a bucket."""

import functools
import http.server
import io
import os
import pickle
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy
import pytest
import soundfile

from engine.archive.addresses import (
    Address,
    change_of,
    fetched,
    find_sounds,
    is_address,
    place_of,
    remove,
)
from engine.archive.batch import carry_out, plan
from engine.archive.database import Database, key_of
from engine.archive.processes import Listening, classify_here, classify_in_processes
from engine.audio.files import find_audio
from engine.cli.app import run
from engine.errors import AudioError
from engine.recognition.events import BatchResult
from tests.planted import RATE, beeper, burst


def sound(seconds: float = 3, at: float = 0.0) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, burst(seconds, at=at), RATE, format="WAV")
    return data.getvalue()


@pytest.fixture
def how(tmp_path: Path) -> Listening:
    beeper().save(tmp_path / "beeper.safetensors")
    return Listening((str(tmp_path / "beeper.safetensors"),))


@pytest.fixture
def memory() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.pipe_file("/archive/1998/P_19980401_043000.wav", sound(at=1))
    system.pipe_file("/archive/2 [live].wav", sound())
    system.pipe_file("/archive/bad.wav", b"words")
    system.pipe_file("/archive/notes.txt", b"words")
    system.pipe_file("/archive/.trash/old.wav", sound())
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server of this machine with two sounds; what it has of others is not allowed."""
    folder = tmp_path / "web"
    (folder / "more").mkdir(parents=True)
    (folder / "one.wav").write_bytes(sound(at=1))
    (folder / "more" / "two.wav").write_bytes(sound())
    (folder / "secret.wav").write_bytes(sound())

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            if "secret" in self.path:
                self.send_error(403)
            else:
                super().do_GET()

    served = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()
    thread.join()


def test_an_address_is_a_path_that_keeps_its_text() -> None:
    text = "s3://archive/1998/P_19980401_043000.wav"
    address = Address(text)
    assert str(address) == f"{address}" == text
    assert str(pickle.loads(pickle.dumps(address))) == text
    assert (address.name, address.suffix) == ("P_19980401_043000.wav", ".wav")
    assert key_of(address) == text
    assert key_of(address.parent) == "s3://archive/1998"
    assert is_address(address)
    assert not is_address("C://x.wav")
    # Of fsspec's other systems some read files of this machine, or run what they find.
    for other in ("file:///x.wav", "simplecache::file:///x.wav", "zip://x::http://y/z.zip"):
        assert not is_address(other)
    assert not is_address(Path("s3/x.wav"))
    assert place_of("a.wav") == Path("a.wav")
    assert not address.exists()


def test_what_a_folder_holds(memory: Any) -> None:
    found = [str(path) for path in find_sounds(["memory://archive"])]
    names = ["1998/P_19980401_043000.wav", "2 [live].wav", "bad.wav"]
    assert found == [f"memory://archive/{name}" for name in names]
    assert [str(p) for p in find_sounds(["memory://archive/19*/*.wav"])] == found[:1]
    assert [str(p) for p in find_sounds([found[1]])] == found[1:2]
    assert change_of(Address(found[2]))[0] == 5  # type: ignore[index]
    with pytest.raises(AudioError, match="No sound file found in memory://empty/"):
        find_sounds(["memory://empty/"])
    with pytest.raises(AudioError, match="a part of its name is empty"):
        find_sounds(["memory://archive//bad.wav"])


def test_large_letters_are_the_same_storage(memory: Any) -> None:
    assert len(find_sounds(["MEMORY://archive/"])) == 3
    (one,) = find_sounds(["Memory://archive/bad.wav"])
    with fetched(one) as here:
        assert here.read_bytes() == b"words"


def test_a_password_is_refused_before_it_is_kept(
    how: Listening, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["classify", "-c", how.classifiers[0], "-d", str(tmp_path / "a.sqlite")]
    assert run([*words, "https://me:hunter2@127.0.0.1:1/a.wav?x=1"]) == 2
    said = capsys.readouterr()
    assert "holds a name or password" in said.err
    assert "hunter2" not in said.err + said.out
    assert not (tmp_path / "a.sqlite").exists()
    assert find_sounds(["http://127.0.0.1:1/me:you@home.wav"])  # of a file's name


def test_a_storage_that_cannot_be_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(scheme: str) -> None:
        raise ValueError("no such profile")

    monkeypatch.setattr(fsspec, "filesystem", broken)
    with pytest.raises(AudioError, match=r"s3://b/ cannot be read \(ValueError: no such profile\)"):
        find_sounds(["s3://b/"])


def test_paths_are_found_as_ever(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(sound())
    assert find_sounds([tmp_path]) == find_audio([tmp_path])


def test_a_batch_of_addresses(memory: Any, how: Listening, tmp_path: Path) -> None:
    """The results of the same files on this machine, under the names of their owner."""
    paths = find_sounds(["memory://archive"])
    near = tmp_path / "near"
    near.mkdir()
    for path in paths:
        (near / path.name).write_bytes(memory.cat_file(str(path).removeprefix("memory:/")))
    with Database(tmp_path / "a.sqlite") as far, Database(tmp_path / "b.sqlite") as by:
        for database, some in ((far, paths), (by, [near / path.name for path in paths])):
            steps = plan(database, some, how)
            list(carry_out(database, _end(steps), jobs=0))
        rows = "SELECT label, start_seconds, end_seconds, probability, recorded_at FROM heard"
        assert far.rows(f"{rows} ORDER BY 1, 2") == by.rows(f"{rows} ORDER BY 1, 2")
        assert far.rows(rows)
        files = far.rows("SELECT path, folder, status, reason, size FROM files ORDER BY path")
        assert [row[0] for row in files] == [str(path) for path in paths]
        assert files[0][1] == "memory://archive/1998"
        assert files[2][2] == "failed"
        assert files[2][3].startswith("bad.wav is not a sound file")
        assert isinstance(far.result_of(paths[0]).info.path, Address)  # type: ignore[union-attr]
        assert not _end(plan(far, paths, how)).todo
        memory.pipe_file("/archive/2 [live].wav", sound(seconds=4))
        assert list(_end(plan(far, find_sounds(["memory://archive"]), how)).todo) == [paths[1]]


def _end(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def test_a_web_server(server: str, how: Listening) -> None:
    """By processes of their own, what is missing and what may not be read among them."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed (extra 'http')")
    asked = [f"{server}/{name}" for name in ("one.wav", "missing.wav", "secret.wav?a=1")]
    paths = find_sounds([*asked, f"{server}/more/"])
    assert [str(path) for path in paths] == [*asked, f"{server}/more/two.wav"]
    events = classify_in_processes(paths, how, jobs=1)
    found = {event.path.name: event for event in events if isinstance(event, BatchResult)}
    assert found["one.wav"].result is not None
    assert found["two.wav"].result is not None
    assert found["missing.wav"].problem == f"{asked[1]} does not exist. Was it moved or renamed?"
    assert "cannot be read" in found["secret.wav?a=1"].problem
    assert "403" in found["secret.wav?a=1"].problem


def test_what_changes_on_a_web_server_is_noticed(server: str, tmp_path: Path) -> None:
    """Its lists tell names alone, and the size may be the same."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed (extra 'http')")
    (one,) = find_sounds([f"{server}/more/"])
    before = change_of(one)
    assert before is not None
    assert before[0] == len(sound())
    os.utime(tmp_path / "web" / "more" / "two.wav", (1e9, 1e9))
    (again,) = find_sounds([f"{server}/more/"])
    assert again == one
    assert change_of(again) not in (before, None)


def test_a_pattern_in_a_hidden_folder_that_is_named(memory: Any) -> None:
    (found,) = find_sounds(["memory://archive/.trash/*.wav"])
    assert found.name == "old.wav"
    assert len(find_sounds(["memory://archive/*/*.wav"])) == 1


def test_deleting_what_has_gone_is_no_error(memory: Any) -> None:
    remove("memory://archive/bad.wav")
    remove("memory://archive/bad.wav")
    assert not memory.exists("/archive/bad.wav")


def test_a_copy_does_not_stay(memory: Any) -> None:
    with fetched(Address("memory://archive/2 [live].wav")) as here:
        assert here.name == "2 _live_.wav"
        assert here.read_bytes() == sound()
    assert not here.parent.exists()


def test_copies_of_killed_processes_are_deleted(
    server: str, how: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that is closed kills its processes; copies that others still use stay."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed (extra 'http')")
    long = tmp_path / "web" / "long.wav"
    soundfile.write(long, numpy.zeros(RATE * 3600, numpy.int16), RATE)
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setenv("TMPDIR", str(copies))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with fetched(Address(f"{server}/one.wav")) as mine:
        events = classify_in_processes([Address(f"{server}/long.wav")], how, jobs=1)
        while not (here := list(copies.glob("*/long.wav"))):
            next(events)
        next(event for event in events if event is not None)  # it is heard now
        events.close()
        assert not here[0].parent.exists()
        assert mine.exists()
    assert not list(copies.iterdir())


def test_where_nothing_can_be_copied_to(
    memory: Any, how: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    (found,) = classify_here([Address("memory://archive/bad.wav")], how)
    assert isinstance(found, BatchResult)
    assert found.problem.startswith("There is no place for a copy of what lies elsewhere")


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(AudioError, match=r"needs the extra 'gs': pip install earmark\[gs\]"):
        find_sounds(["gs://archive/"])


def test_the_command(memory: Any, how: Listening, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["classify", "-c", how.classifiers[0], "-f", "csv"]
    assert run([*words, "memory://archive/2 [live].wav"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("memory://archive/2 [live].wav,")
    assert run([*words, "-o", "memory://out/", "memory://archive"]) == 2
    assert "add --scheduler" in capsys.readouterr().err
