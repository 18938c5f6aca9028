"""The command line as one types it."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli.app import run
from engine.export import from_audacity, from_csv, from_raven
from resources import resource

ROOT = Path(__file__).resolve().parents[3]
DEMO = str(resource("sounds", "demo.ogg"))
FLUTE = str(resource("sounds", "flute.ogg"))


def earmark(*words: str, code: int = 0, **more: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PULSE_SERVER": "unix:/nowhere", "COLUMNS": "120"},
        **more,  # type: ignore[call-overload]
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def here(*words: str, code: int = 0) -> tuple[str, str]:
    """As :func:`earmark`, without the seconds a process takes to begin: output and messages."""
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        assert run(words) == code, told.getvalue()
    assert "Traceback" not in told.getvalue()
    return said.getvalue(), told.getvalue()


@pytest.mark.parametrize(
    "command", [[], ["classify"], ["listen"], ["record"], ["devices"], ["models"], ["app"]]
)
def test_help_is_complete_and_quick(command: list[str]) -> None:
    text = earmark(*command, "--help").stdout
    assert "Usage" in text
    if not command:
        for name in ("classify", "listen", "record", "devices", "models", "app"):
            assert name in text


@pytest.mark.parametrize("command", [["models", "list"], ["analyse-music", FLUTE]])
def test_lists_and_facts_of_music_do_not_load_torch(command: list[str]) -> None:
    code = (
        "import sys\nfrom engine.cli.app import run\n"
        f"assert run({command!r}) == 0\nprint('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip().endswith("False")


def test_json_is_one_object_a_file_and_failures_are_told(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    done = here("classify", "--format", "json", DEMO, str(bad), FLUTE, code=1)
    lines = [json.loads(line) for line in done[0].splitlines()]
    assert [line["file"] for line in lines] == [DEMO, str(bad), FLUTE]
    assert "not a sound file" in lines[1]["error"]
    assert list(lines[0]["classifiers"]) == ["instrument", "genre"]
    assert lines[0]["duration_seconds"] == pytest.approx(48.0)
    assert lines[2]["classifiers"]["instrument"]["summary"][0]["label"] == "flute"
    verdict = lines[2]["classifiers"]["instrument"]["verdict"]
    assert verdict == {"words": "flute", "labels": ["flute"]}
    timeline = lines[0]["classifiers"]["genre"]["timeline"]
    assert len(timeline["probabilities"]) == len(timeline["times"]) > 50
    assert all(0 <= p <= 1 for row in timeline["probabilities"] for p in row)


def test_json_says_what_is_missing_of_a_file(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.wav", tmp_path / "cut.wav"
    soundfile.write(whole, np.full(32000, 0.1), 16000, "PCM_16")
    cut.write_bytes(whole.read_bytes()[:40000])
    done = here("classify", "-c", "instrument", "-f", "json", str(cut), str(whole))
    first, second = (json.loads(line) for line in done[0].splitlines())
    assert "is incomplete" in first["remark"]
    assert "remark" not in second


def test_other_formats_read_back(tmp_path: Path) -> None:
    base = ["classify", "-c", "instruments-in-music", FLUTE]
    table = here(*base)[0]
    assert "\n  instruments-in-music: flute, violin\n" in table
    audacity = from_audacity(here(*base, "-f", "audacity")[0])
    assert audacity["instruments-in-music"][0].label == "flute"
    raven = from_raven(here(*base, "-f", "raven")[0])
    assert raven["instruments-in-music"][0].label == "flute"
    out = tmp_path / "out.csv"
    assert here(*base, "-f", "csv", "-o", str(out), "--hop", "1.0")[0] == ""
    text = "\n".join(line.split(",", 1)[1] for line in out.read_text().splitlines())
    assert from_csv(text)["instruments-in-music"].hop_seconds == pytest.approx(1.0, abs=0.01)


def test_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("b.ogg", "a.OGG", "notes.txt"):
        (tmp_path / name).write_bytes(Path(FLUTE).read_bytes())
    base = ["classify", "-c", "instruments-in-music", "-f", "json"]
    files = [json.loads(x)["file"] for x in here(*base, str(tmp_path))[0].splitlines()]
    assert [Path(file).name for file in files] == ["a.OGG", "b.ogg"]
    found = here(*base, str(tmp_path / "*.ogg"))[0].splitlines()
    assert len(found) == 1
    labels = tmp_path / "labels"
    here("classify", "-c", "mood", "-f", "audacity", "-o", str(labels), str(tmp_path))
    assert sorted(p.name for p in labels.iterdir()) == ["a.txt", "b.txt"]


def test_every_table_has_its_head_also_after_a_file_that_failed(tmp_path: Path) -> None:
    for name in ("b.ogg", "c.ogg"):
        (tmp_path / name).write_bytes(Path(FLUTE).read_bytes())
    (tmp_path / "a.wav").write_text("no sound")
    base = ["classify", "-c", "instrument", "-f", "csv", str(tmp_path)]
    joined = here(*base, code=1)[0].splitlines()
    heads = [line.startswith("file,classifier,") for line in joined]
    assert heads == [True] + [False] * (len(joined) - 1)
    assert len({line.split(",")[0] for line in joined[1:]}) == 2
    (tmp_path / "out").mkdir()
    here(*base, "-o", str(tmp_path / "out"), code=1)
    for name in ("b.csv", "c.csv"):
        assert (tmp_path / "out" / name).read_text().splitlines()[0] == joined[0]


def clips(folder: Path, count: int) -> list[str]:
    """Short sounds, each in a folder of its own and all of one name."""
    from engine.audio import Audio, read, write

    second = read(FLUTE, duration_seconds=1.0)
    for number in range(count):
        place = folder / f"{number:02}"
        place.mkdir(parents=True)
        write(place / "take.wav", Audio(second.samples, second.rate_hz), subtype="PCM_16")
    return [str(folder)]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_what_is_finished_survives_the_end_of_a_batch(tmp_path: Path, how: int) -> None:
    """A folder and a kill, a file and Ctrl+C."""
    out = tmp_path / ("out" if how == signal.SIGKILL else "all.jsonl")
    words = ["classify", "-c", "instrument", "-f", "json", "-o", str(out)]
    if how == signal.SIGKILL:
        out.mkdir()
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    batch = subprocess.Popen(
        [sys.executable, "-m", "tests.held", "20", "never", *words, *clips(tmp_path / "in", 30)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed,
    )

    def done() -> list[dict[str, object]]:
        if how == signal.SIGKILL:
            return [json.loads(path.read_text()) for path in out.rglob("*.json")]
        return [json.loads(x) for x in out.read_text().splitlines()] if out.exists() else []

    while len(done()) < 2:
        assert batch.poll() is None
        time.sleep(0.02)
    batch.send_signal(how)
    said = batch.communicate(timeout=240)[1]
    assert batch.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
    assert 2 <= len(done()) < 30
    assert all("instrument" in entry["classifiers"] for entry in done())  # type: ignore[operator]
    if how == signal.SIGKILL:
        assert all(path.name == "take.json" for path in out.rglob("*.json"))
        return
    kept = len(done())
    assert f"{kept} of 30 files are done" in " ".join(said.split())
    again = here(*words, str(tmp_path / "in"))
    assert f"{kept} of 30 files are done already" in again[1]
    assert len(done()) == 30
    again = here(*words, str(tmp_path / "in"), code=2)  # nothing is replaced unasked
    assert "--overwrite" in again[1]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes no names that are not UTF-8")
def test_a_batch_of_odd_names_and_a_bad_file(tmp_path: Path) -> None:
    """Names that are no UTF-8, or that a terminal or a table would take for more than a name."""
    clip = Path(clips(tmp_path / "in", 1)[0]) / "00" / "take.wav"
    names = [b"caf\xe9.wav", b"[red] =1.wav", b"a\tb\n.wav", b"bad.wav"]
    for name in names:
        with open(os.fsencode(tmp_path / "in") + b"/" + name, "wb") as file:
            file.write(clip.read_bytes() if name != b"bad.wav" else b"no sound")
    clip.unlink()
    base = ["classify", "-c", "instrument", str(tmp_path / "in")]
    done = earmark(*base, "-f", "csv", code=1)
    assert "bad.wav" in done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout, newline="")))
    assert len({len(row) for row in rows}) == 1
    assert [row[0] for row in rows].count("file") == 1
    assert len({row[0] for row in rows[1:]}) == 3
    earmark(*base, "-f", "table", "-o", f"{tmp_path}/out/", code=1)
    found = sorted(os.listdir(os.fsencode(tmp_path / "out")))
    assert found == sorted(name.replace(b".wav", b".txt") for name in names[:3])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["classify", "-c", "nonsense", FLUTE], "no classifier 'nonsense'"),
        (["classify", "."], "No sound file"),
        (["models", "show", "nonsense"], "no classifier"),
        (["models", "verify", "README.md"], "not a classifier"),
        (["devices"], "No microphone"),
        (["listen"], "No microphone"),
        (["record", "x.flac"], "No microphone"),
        (["dance"], "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_with_code_2(
    words: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("words, and more words")
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PULSE_SERVER": "unix:/nowhere", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_models_show_and_verify() -> None:
    shown, _ = here("models", "show", "genre")
    for word in ("musicnn", "ISC", "SHA-256", "Limits"):
        assert word in shown
    assert here("models", "verify")[0].count(": valid") == 5


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m engine.cli models show genre | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.microphone
def test_listen_and_record(
    virtual_microphone: "object", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.audio import probe
    from tests.virtual_microphone import VirtualMicrophone

    assert isinstance(virtual_microphone, VirtualMicrophone)
    base = [sys.executable, "-m", "engine.cli"]
    playing = virtual_microphone.play(Path(FLUTE))
    out = tmp_path / "a.flac"
    subprocess.run([*base, "record", str(out), "--seconds", "2"], check=True, cwd=ROOT)
    assert probe(out).duration_seconds == pytest.approx(2.0, abs=0.01)
    playing.wait()
    words = [*base, "listen", "-c", "instruments-in-music", "--seconds", "9"]
    listening = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    while listening.poll() is None:  # it takes its time to begin
        virtual_microphone.play(Path(FLUTE)).wait()
    said, _ = listening.communicate()
    assert listening.returncode == 0
    assert "flute" in said


@pytest.mark.microphone
def test_ctrl_c_ends_it_though_the_sound_server_hangs(
    virtual_microphone: "object", tmp_path: Path
) -> None:
    from tests.virtual_microphone import VirtualMicrophone

    assert isinstance(virtual_microphone, VirtualMicrophone)
    out = tmp_path / "a.wav"
    words = [sys.executable, "-m", "engine.cli", "record", str(out)]
    # What is started in the background inherits that Ctrl+C is ignored.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    recording = subprocess.Popen(words, cwd=ROOT, preexec_fn=heed)
    try:
        while not out.exists() or out.stat().st_size < 20_000:
            assert recording.poll() is None
            time.sleep(0.05)
        virtual_microphone.freeze()
        recording.send_signal(signal.SIGINT)
        assert recording.wait(timeout=240) == 0
    finally:
        virtual_microphone.thaw()
        recording.kill()
        recording.wait()


@pytest.mark.parametrize(
    "command",
    [
        ["why", "song.wav", "--at", "1", "--picture"],
        ["evaluate", "instrument", ".", "-o"],
        ["compare", "one", "two", "-o"],
        ["models", "export", "instrument"],
    ],
)
def test_no_command_replaces_a_file_unasked(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / {"why": "mine.svg", "models": "mine.onnx"}.get(command[0], "mine.html")
    path.write_text("hand-made")
    assert run([*command, str(path)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "exists already and is kept" in said
    assert path.read_text() == "hand-made"
    assert run([*command, str(path.with_suffix(".wav"))]) == 2
