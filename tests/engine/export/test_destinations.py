"""Where results of a batch go: nothing is overwritten unasked, nothing that is done is lost."""

import csv
import io
import os
import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio.files import AudioInfo, find_audio
from engine.errors import DataError
from engine.export import EXPORTS
from engine.export.destinations import Destination, DestinationError, open_destination, plan
from engine.recognition.decisions import Decision, Segment
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import FileResult


def result(sound: Path) -> FileResult:
    ones = np.ones(2, dtype=np.float32)
    rows = np.full((2, 1), 0.75, dtype=np.float32)
    line = Timeline(("flute",), np.array([0.5, 1.5]), rows, ones, -20 * ones, 1.0, 1.0)
    segments = [Segment(0.25, 1.0, "flute", 0.75), Segment(1.5, 2.0, "flute", 0.5)]
    verdict = Decision(1.5, ("flute",), "flute", ())
    info = AudioInfo(sound, 2.5, 44100, 1, "WAV")
    return FileResult(info, {"x": line}, {"x": segments}, {"x": verdict})


def sounds(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"sound {name}".encode("utf-8", "surrogateescape"))
    return [folder / name for name in names]


def to(
    output: Path | str, form: str, places: list[Path], *, overwrite: bool = False
) -> Destination:
    return open_destination(
        str(output),
        EXPORTS[form],
        places,
        find_audio(places),
        stream=io.StringIO(),
        overwrite=overwrite,
    )


def files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in found)


@pytest.mark.parametrize(
    ("named", "there", "expected"),
    [
        (["in"], ["in/a.wav", "in/sub/b.wav"], ["a.csv", "sub/b.csv"]),
        (["in"], ["in/sub/b.wav"], ["sub/b.csv"]),
        (["a", "b"], ["a/x.WAV", "b/x.WAV"], ["a/x.csv", "b/x.csv"]),
        (["a/x.wav", "b/x.wav"], ["a/x.wav", "b/x.wav"], ["a/x.csv", "b/x.csv"]),
        (["."], ["song.wav", "song.m4a"], ["song.m4a.csv", "song.wav.csv"]),
        (["."], ["Song.wav", "song.m4a"], ["Song.wav.csv", "song.m4a.csv"]),
        (["."], ["a.wav", "A.wav"], ["A.wav.csv", "a.wav 2.csv"]),
        (
            ["."],
            ["s.wav", "s.mp3", "s.wav.flac"],
            ["s.mp3.csv", "s.wav 2.csv", "s.wav.csv"],
        ),
    ],
)
def test_each_sound_has_a_result_of_its_own(
    tmp_path: Path, named: list[str], there: list[str], expected: list[str]
) -> None:
    sounds(tmp_path, *there)
    places = [tmp_path / name for name in named]
    found = plan(Path("out"), ".csv", places, find_audio(places))
    assert len(found) == len(there)
    assert sorted(str(path) for path in found.values()) == [f"out/{x}" for x in sorted(expected)]


def test_a_folder_of_results_has_a_head_in_each_and_keeps_folders(tmp_path: Path) -> None:
    there = sounds(tmp_path, "in/a/x.wav", "in/b/x.wav")
    out = tmp_path / "out"
    out.mkdir()
    destination = to(out, "csv", [tmp_path / "in"])
    for sound in there:
        destination.put(sound, result(sound))
        assert (out / sound.parent.name / "x.csv").is_file()  # at once
    assert files(out) == ["a/x.csv", "b/x.csv"]
    for name in files(out):
        lines = (out / name).read_text().splitlines()
        assert lines[0].startswith("file,classifier,")
        assert len(lines) == 3


def test_existing_files_are_kept_and_said_before_any_work(tmp_path: Path) -> None:
    (sound,) = sounds(tmp_path, "in/a.wav")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").write_text("my notes")
    for place in (out, out / "a.txt"):
        with pytest.raises(DataError, match="--overwrite"):
            to(place, "table", [sound])
    assert (out / "a.txt").read_text() == "my notes"
    for place in (out, out / "a.txt"):
        destination = to(place, "table", [sound], overwrite=True)
        destination.fail(sound, "broken")
        before = (out / "a.txt").read_text()
        destination.put(sound, result(sound))
        assert before != (out / "a.txt").read_text() or place != out
    assert "flute" in (out / "a.txt").read_text()


def test_what_is_replaced_stays_until_there_is_a_result(tmp_path: Path) -> None:
    (sound,) = sounds(tmp_path, "a.wav")
    old = tmp_path / "old.csv"
    old.write_text("old")
    destination = to(old, "csv", [sound], overwrite=True)
    destination.fail(sound, "broken")
    assert old.read_text() == "old"
    destination.put(sound, result(sound))
    assert old.read_text().startswith("file,")


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_sound_is_never_written_over(tmp_path: Path, overwrite: bool) -> None:
    first, second = sounds(tmp_path, "a.wav", "b.wav")
    named_like_a_result = tmp_path / "notes.csv"
    named_like_a_result.write_bytes(b"sound")
    (tmp_path / "link.csv").symlink_to(first)
    os.link(first, tmp_path / "hard.csv")
    for output in (first, named_like_a_result, tmp_path / "link.csv", tmp_path / "hard.csv"):
        with pytest.raises(DataError, match="over a sound"):
            to(output, "csv", [first, named_like_a_result], overwrite=overwrite)
    with pytest.raises(DataError, match="named like a sound"):  # -o *.wav
        to(first, "csv", [second], overwrite=overwrite)
    out = tmp_path / "out"
    out.mkdir()
    os.link(first, out / "a.csv")
    with pytest.raises(DataError, match="over a sound"):
        to(out, "csv", [first], overwrite=overwrite)
    (tmp_path / "gone.csv").symlink_to(tmp_path / "missing.wav")  # named, but not there
    with pytest.raises(DataError, match="over a sound"):
        to(tmp_path / "gone.csv", "csv", [tmp_path / "missing.wav"], overwrite=overwrite)
    assert first.read_bytes() == b"sound a.wav"
    assert named_like_a_result.read_bytes() == b"sound"


def test_places_that_cannot_be_written_are_said_at_once(tmp_path: Path) -> None:
    one, two = sounds(tmp_path, "in/one.wav", "in/sub/two.wav")
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").write_text("in the way")
    for output, form, message in (
        (tmp_path / "nowhere" / "x.csv", "csv", "no such folder"),
        (tmp_path / "file" / "x.csv", "csv", "no such folder"),
        (tmp_path / "pipe", "csv", "is not a file"),
        (tmp_path / "file", "audacity", "is a file"),
        (f"{tmp_path}/file/", "csv", "is a file"),
        (tmp_path / "file" / "deep", "audacity", "cannot be made"),
        (tmp_path / "out", "csv", "in the way"),
        ("/proc/self/x.csv", "csv", "Nothing can be written"),
    ):
        with pytest.raises(DataError, match=message):
            to(output, form, [tmp_path / "in"])
    stream = io.StringIO()
    with pytest.raises(DataError, match="folder"):  # audacity has no place for a file's name
        open_destination(None, EXPORTS["audacity"], [one, two], [one, two], stream=stream)
    assert files(tmp_path) == ["file", "in/one.wav", "in/sub/two.wav", "out/sub"]


def test_a_trailing_slash_makes_a_folder_also_for_one(tmp_path: Path) -> None:
    (sound,) = sounds(tmp_path, "a.wav")
    to(f"{tmp_path}/labels/", "audacity", [sound]).put(sound, result(sound))
    assert files(tmp_path) == ["a.wav", "labels/a.txt"]


def test_a_file_grows_with_each_result_and_has_one_head(tmp_path: Path) -> None:
    there = sounds(tmp_path, "a.wav", "b.wav", "c.wav")
    out = tmp_path / "all.csv"
    destination = to(out, "csv", there)
    assert not out.exists()
    destination.fail(there[0], "broken")
    for done, sound in enumerate(there[1:], start=1):
        destination.put(sound, result(sound))
        rows = list(csv.reader(out.read_text().splitlines()))
        assert [row[0] for row in rows[::2]][1:] == [str(x) for x in there[1 : done + 1]]
        assert [row[0] for row in rows].count("file") == 1


def test_a_full_disk_keeps_whole_results_and_ends_the_batch(tmp_path: Path) -> None:
    (sound,) = sounds(tmp_path, "a.wav")
    out = tmp_path / "all.json"
    destination = to(out, "json", [sound])
    destination.put(sound, result(sound))
    size = out.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
    try:
        with pytest.raises(DestinationError, match="are kept"):
            destination.put(sound, result(sound))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert out.stat().st_size == size
    destination.put(sound, result(sound))
    assert out.stat().st_size == 2 * size


def test_raven_has_one_head_and_numbers_that_run_through(tmp_path: Path) -> None:
    there = sounds(tmp_path, "a/x.wav", "b/x.wav")
    out = tmp_path / "all.selections.txt"
    destination = to(out, "raven", there)
    for sound in there:
        destination.put(sound, result(sound))
    rows = list(csv.DictReader(out.read_text().splitlines(), delimiter="\t"))
    assert [row["Selection"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["Begin File"] for row in rows] == ["x.wav"] * 4
    assert [row["Begin Path"] for row in rows] == [str(there[0])] * 2 + [str(there[1])] * 2
    assert [float(row["File Offset (s)"]) for row in rows] == [0.25, 1.5, 0.25, 1.5]
    assert [float(row["Begin Time (s)"]) for row in rows] == [0.25, 1.5, 2.75, 4.0]
    assert [float(row["End Time (s)"]) for row in rows] == [1.0, 2.0, 3.5, 4.5]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes no names that are not UTF-8")
def test_names_that_are_no_utf8_are_written(tmp_path: Path) -> None:
    (sound,) = sounds(tmp_path, "caf\udce9.wav")
    for form in EXPORTS:
        out = tmp_path / form
        out.mkdir()
        to(out, form, [sound]).put(sound, result(sound))
        (written,) = out.iterdir()
        assert written.name.startswith("caf\udce9.")
        text = written.read_text(encoding="utf-8")
        assert ("caf\\udce9" in text) == (form != "audacity")
