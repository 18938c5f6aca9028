"""Exports: each reads back what it wrote."""

import csv
import io
import json
import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.atomic_write import write_text
from engine.audio.files import AudioInfo
from engine.errors import DataError
from engine.export import (
    EXPORTS,
    from_audacity,
    from_csv,
    from_json,
    from_raven,
    to_audacity,
    to_csv,
    to_json,
    to_raven,
)
from engine.export.words import from_one_line, one_line
from engine.recognition.decisions import Decision, Segment
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import FileResult

RNG = np.random.default_rng(8)


def line(labels: tuple[str, ...], count: int = 5) -> Timeline:
    return Timeline(
        labels=labels,
        times=np.arange(count) * 0.496 + 1.504,
        probabilities=RNG.random((count, len(labels)), dtype=np.float32),
        presence=RNG.random(count, dtype=np.float32),
        level_db=-60 * RNG.random(count, dtype=np.float32),
        window_seconds=3.008,
        hop_seconds=0.496,
    )


LINES = {"genre": line(("rock", "soul and r&b")), "mood": line(("happy", 'so, "called"'), 3)}
LANES = {
    "genre": [Segment(0.0, 2.5, "rock", 0.75), Segment(2.5, 9.25, "hip-hop: old (90s)", 0.5)],
    "mood": [Segment(1.125, 3.0, "très triste", 0.875)],
}


VERDICTS = {
    "genre": Decision(9.0, ("rock",), "rock", ()),
    "mood": Decision(2.0, (), "no clear label", ()),
}
RESULT = FileResult(AudioInfo(Path("Grün/a.wav"), 12.5, 44100, 1, "WAV"), LINES, LANES, VERDICTS)


def same(ours: dict[str, Timeline], theirs: dict[str, Timeline]) -> None:
    assert ours.keys() == theirs.keys()
    for name, timeline in ours.items():
        other = theirs[name]
        assert timeline.labels == other.labels
        assert (timeline.window_seconds, timeline.hop_seconds) == (3.008, 0.496)
        for part in ("times", "probabilities", "presence", "level_db"):
            np.testing.assert_allclose(getattr(timeline, part), getattr(other, part), atol=1e-5)


def test_csv_reads_back() -> None:
    same(from_csv(to_csv(LINES)), LINES)


def test_csv_that_a_spreadsheet_saved_reads_back() -> None:
    lines = {"genre": LINES["genre"]}  # no comma in its labels
    text = to_csv(lines).replace(",", ";").replace(".", ",")
    same(from_csv(text), lines)
    same(from_csv("sep=;\r\n" + text.replace("\n", "\r\n")), lines)


def test_json_reads_back_and_keeps_the_contract() -> None:
    text = to_json("Grün/song.mp3", 12.5, LINES, VERDICTS)
    assert "\n" not in text
    content = json.loads(text)
    assert content["file"] == "Grün/song.mp3"
    assert content["duration_seconds"] == 12.5
    genre = content["classifiers"]["genre"]
    assert genre["verdict"] == {"words": "rock", "labels": ["rock"]}
    assert content["classifiers"]["mood"]["verdict"]["labels"] == []
    assert set(genre["summary"][0]) == {"label", "probability"}
    shares = [entry["probability"] for entry in genre["summary"]]
    assert shares == sorted(shares, reverse=True)
    assert len(genre["timeline"]["times"]) == len(genre["timeline"]["probabilities"]) == 5
    assert len(genre["timeline"]["labels"]) == len(genre["timeline"]["probabilities"][0]) == 2
    file, duration, lines = from_json(text)
    assert (file, duration) == ("Grün/song.mp3", 12.5)
    same(lines, LINES)


def test_audacity_reads_back() -> None:
    found = from_audacity(to_audacity(LANES))
    assert {k: sorted(v, key=lambda s: s.start_seconds) for k, v in found.items()} == LANES


def test_audacity_tracks_of_others() -> None:
    text = "0.5\t1.0\thello\n\\\t100\t2000\n1,5\t2,5\tworld\n\n"
    assert from_audacity(text) == {
        "": [Segment(0.5, 1.0, "hello", 1.0), Segment(1.5, 2.5, "world", 1.0)]
    }


def test_raven_reads_back() -> None:
    text = to_raven(LANES, file="a.wav", high_hz=22050)
    assert text.splitlines()[0].split("\t")[3:5] == ["Begin Time (s)", "End Time (s)"]
    assert from_raven(text) == LANES


def test_a_line_of_json_from_before_verdicts_still_reads() -> None:
    content = json.loads(to_json("a.wav", 12.5, LINES, VERDICTS))
    for entry in content["classifiers"].values():
        del entry["verdict"]
    same(from_json(json.dumps(content))[2], LINES)


def test_the_table_says_the_verdict_before_the_stretches() -> None:
    lines = EXPORTS["table"].write(RESULT).splitlines()
    assert lines[0] == "Grün/a.wav  (12.5 s, WAV)"
    assert lines[1] == "  genre: rock"
    assert lines[2].startswith("    on average ")
    assert "rock" in lines[3]
    assert "75%" in lines[3]
    assert lines[5] == "  mood: no clear label"


READERS = {
    "csv": (from_csv, LINES),
    "json": (lambda text: from_json(text)[2], LINES),
    "audacity": (from_audacity, LANES),
    "raven": (from_raven, LANES),
}


@pytest.mark.parametrize("name", list(EXPORTS))
def test_every_form_is_listed_once_and_reads_back(name: str) -> None:
    form = EXPORTS[name]
    assert (form.name, form.suffix[0]) == (name, ".")
    text = form.write(RESULT)
    if name == "table":
        return
    read, expected = READERS[name]
    assert read(text).keys() == expected.keys()  # type: ignore[no-untyped-call,attr-defined]


def test_files_in_one_stream_are_told_apart() -> None:
    rows = EXPORTS["csv"].joined()
    first, second = rows(RESULT).splitlines(), rows(RESULT).splitlines()
    assert first[0].startswith("file,classifier,time_seconds")
    assert first[1:] == second
    assert {line.split(",")[0] for line in second} == {"Grün/a.wav"}
    same(from_csv("\n".join(first)), LINES)
    failure = EXPORTS["json"].failure
    assert failure is not None
    assert json.loads(failure("b.wav", "is no sound")) == {"file": "b.wav", "error": "is no sound"}


ODD = (
    "a\nnew", 'b,"q"', "c/ü;x", "d\u2028e", "=SUM(A1)", "tab\tt", "\ttab first", "+1", "-1", "@x",
    "'=x", "cr\rcr", "\x85\x0b\x1c", "back\\slash \\n", "C:\\new\\", "end\n", "<b>&amp;</b>",
    "a (0.5)", "caf\udce9",
)  # fmt: skip


@pytest.mark.parametrize("label", ODD)
def test_odd_labels_come_back_and_start_no_formula(label: str) -> None:
    lines = {"genre": line((label, "plain"))}
    lanes = {"genre": [Segment(0.0, 2.5, label, 0.75), Segment(3.0, 4.0, "plain", 0.5)]}
    verdicts = {"genre": Decision(2.0, (label,), label, ())}
    info = AudioInfo(Path(f"{label.replace('/', '')}.wav"), 12.5, 44100, 1, "WAV")
    result = FileResult(info, lines, lanes, verdicts)
    written = label.encode("utf-8", "backslashreplace").decode()  # as UTF-8 holds it

    text = EXPORTS["csv"].joined()(result)
    cells = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(row) for row in cells} == {len(cells[0])}
    assert len(cells) == 1 + 5
    words = cells[0] + [row[0] for row in cells] + [row[1] for row in cells]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in words)
    assert from_csv(text)["genre"].labels == (written, "plain")

    text = EXPORTS["json"].write(result)
    assert len(text.splitlines()) == 1
    assert from_json(text)[0] == str(info.path)
    assert from_json(text)[2]["genre"].labels == (label, "plain")

    text = EXPORTS["audacity"].write(result)
    assert len(text.splitlines()) == 2
    assert all(row.count("\t") == 2 for row in text.splitlines())
    assert from_audacity(text) == lanes

    text = EXPORTS["raven"].write(result)
    assert len(text.splitlines()) == 3
    rows = [row.split("\t") for row in text.splitlines()]
    assert {len(row) for row in rows} == {13}
    assert not any(row[8].startswith(("=", "+", "-", "@")) for row in rows)
    assert not any(row[10].startswith(("=", "+", "-", "@")) for row in rows)
    assert from_raven(text) == lanes

    text = EXPORTS["table"].write(result)
    assert len(text.splitlines()) == 5
    for name in EXPORTS:
        assert EXPORTS[name].joined()(result).encode()


@given(st.text(alphabet="\\nrtu0123abf\n\t\r\u2028\x85", max_size=12) | st.text(max_size=8))
def test_any_text_on_one_line_comes_back(text: str) -> None:
    written = one_line(text)
    assert len(written.splitlines()) <= 1
    assert "\t" not in written
    assert from_one_line(written) == text


def test_raven_wants_a_name_and_a_whole_path(tmp_path: Path) -> None:
    text = to_raven(LANES, file="sub/-a.wav", high_hz=22050)
    first = dict(zip(*(row.split("\t") for row in text.splitlines()[:2]), strict=True))
    assert first["Begin File"] == "'-a.wav"
    assert first["Begin Path"] == str(Path.cwd() / "sub" / "-a.wav")


@pytest.mark.parametrize("name", ["csv", "json"])
def test_what_is_no_number_is_not_written(name: str) -> None:
    bad = line(("rock",))
    bad.probabilities[2, 0] = np.nan
    result = FileResult(RESULT.info, {"genre": bad}, {"genre": []}, {"genre": VERDICTS["mood"]})
    with pytest.raises(DataError, match="not numbers"):
        EXPORTS[name].write(result)


_HEAD = "file,classifier,time_seconds,window_seconds,hop_seconds,presence,level_db,x\n"
TWO_FILES = f"{_HEAD}a.wav,g,1,1,1,1,-9,0.5\nb.wav,g,1,1,1,1,-9,0.5\n"


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (from_csv, "a,b\n1,2\n"),
        (from_csv, "classifier,time_seconds,window_seconds,hop_seconds,presence,level_db,x\ng,1\n"),
        (from_json, "{}"),
        (from_json, "no json"),
        (from_audacity, "start\tend\tlabel\n"),
        (from_raven, "Selection\tLabel\n1\tx\n"),
        (from_raven, "Begin Time (s)\tEnd Time (s)\nnan\t1\n"),
        (from_audacity, "0\tinf\tx\n"),
        (from_csv, TWO_FILES),
    ],
)
def test_damaged_files_are_refused(read: object, text: str) -> None:
    with pytest.raises(DataError):
        read(text)  # type: ignore[operator]


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_text(path, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(DataError, match="could not be written"):
            write_text(path, "new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
