"""Every command that README and documentation show is run, on small data of the real layouts.

The commands stand in indented or fenced blocks. ``COMMANDS`` lists each of them as it is written,
with what is added to make it quick; a new one in the texts fails until it has its line here.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import soundfile
import torch

from engine.cli.app import run
from resources import resource
from tests import corpora
from tests.cluster import Bucket, Machines, s3_storage

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

QUICK = "--set training.epochs=1 --set data.most_windows=1 --device cpu"
NO_GATE = f"{QUICK} --set deployment.gate=false"
SHORT = "--seconds 0.5"
ALWAYS = f"--schedule 00:00-24:00 -c instrument {SHORT}"
NONE = ""
COMMANDS = {
    "earmark classify song.mp3": "-c instrument",
    "earmark classify song.mp3 recordings/": "-c instrument",
    "earmark classify -f json *.wav > all.jsonl": "-c instrument",
    "earmark classify -f audacity -o labels/ *.wav": "-c instrument",
    "earmark classify -d archive.sqlite recordings/": "-c instrument",
    "earmark classify --scheduler tcp://node1:8786 -d archive.sqlite recordings/": "-c instrument",
    "earmark classify --scheduler tcp://node1:8786 -f parquet -o s3://bucket/heard/ "
    "s3://bucket/archive/": "-c instrument",
    "earmark classify -f csv -o heard.csv recordings/": "-c instrument",
    "earmark classify -f parquet -o heard.parquet recordings/": "-c instrument",
    "earmark archive show archive.sqlite": NONE,
    "earmark archive export archive.sqlite -o heard.parquet": NONE,
    "earmark archive export archive.sqlite -o stretches.parquet --rows segments": NONE,
    "earmark archive export archive.sqlite -f raven -o heard.selections.txt": NONE,
    "earmark archive judge archive.sqlite 1 --right": NONE,
    "earmark archive thresholds archive.sqlite --precision 0.9": NONE,
    "earmark index recordings/ -o archive.index": NONE,
    "earmark search archive.index song.mp3 --at 3.2 --length 2 -n 50": NONE,
    "earmark index --duplicates archive.index -f csv": NONE,
    "earmark index recordings/ -o mine.index --by genre": NONE,
    "earmark archive gaps archive.sqlite": NONE,
    "earmark watch recordings/ -d archive.sqlite": "-c instrument --once --settle 0.1 --every 0.5",
    "earmark listen --schedule 05:00-09:00 -d dawn.sqlite --keep dawn/ --quota 20": ALWAYS,
    "earmark archive corrections archive.sqlite -o judged.csv": NONE,
    "earmark why song.mp3 --at 12 -c instrument --label piano --picture why.svg": "--steps 4",
    "earmark analyse-music song.mp3": NONE,
    "earmark analyse-music --json song.mp3": NONE,
    "earmark app song.mp3": NONE,
    "earmark listen --seconds 60": SHORT,
    "earmark record take.flac --seconds 20": SHORT,
    "earmark devices": NONE,
    "earmark models list": NONE,
    "earmark models show genre": NONE,
    "earmark models verify": NONE,
    "earmark models export genre genre.onnx": NONE,
    "earmark models corrections": NONE,
    "earmark recipes list": NONE,
    "earmark recipes show genre-cnn": NONE,
    "earmark recipes network genre-cnn": NONE,
    "earmark recipes new mine.toml": NONE,
    "earmark recipes check mine.toml": NONE,
    "earmark data my-sounds/": NONE,
    "earmark cache": NONE,
    "earmark train tagger-head my-sounds/": NO_GATE,
    "earmark train genre-cnn GTZAN/ --variant both": NO_GATE,
    "earmark train cnn-mel my-sounds/ --set training.epochs=80 --background not-music/": QUICK,
    "earmark train composer FOLDER/sounds --background FOLDER/background": QUICK,
    "earmark train tagger-head FSDD --background ESC-10": NO_GATE,
    "earmark train tagger-head guitars/ --set data.split.official=true "
    "--set data.split.fold=1": NO_GATE,
    "earmark train emotion rated-songs/ "
    """--set 'data.dimensions=["valence", "arousal"]'""": NO_GATE,
    "earmark sweep instrument-mlp iowa/ "
    "--grid training.learning_rate=0.1,0.01,0.001,0.0001": "--set training.epochs=1 --device cpu",
    "earmark evaluate runs/one/classifier.safetensors other-sounds/ -o report.html": NONE,
    "earmark compare runs/one runs/two": NONE,
    "earmark compare runs/one runs/two -o comparison.html": NONE,
}
# Built, installed or measured for many minutes: only whether `make` knows them.
MAKE = {
    "make run",
    "make run FILE=song.mp3",
    "make test",
    "make attack ONLY=sounds:17",
    "make bench",
    "make setup",
}
WRITTEN = {
    "classify -f json": "all.jsonl",
    "classify -f audacity": "labels/one.txt",
    "classify -d": "archive.sqlite",
    "classify -f csv": "heard.csv",
    "classify -f parquet": "heard.parquet",
    "archive corrections": "judged.csv",
    "archive export archive.sqlite -o heard": "heard.parquet",
    "archive export archive.sqlite -o stretches": "stretches.parquet",
    "archive export archive.sqlite -f raven": "heard.selections.txt",
    "why ": "why.svg",
    "models export": "genre.onnx",
    "recipes new": "mine.toml",
    "record ": "take.flac",
    "evaluate": "report.html",
    "compare runs/one runs/two -o": "comparison.html",
}


def _blocks(text: str) -> Iterator[str]:
    """The lines of fenced blocks and of those indented by four or more."""
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def _shown(program: str) -> set[str]:
    lines = (line for path in TEXTS for line in _blocks(path.read_text("utf-8")))
    return {
        line.partition("  #")[0].strip()
        for line in lines
        if line.split(" ")[0] == program or line == program
    }


def test_every_command_of_the_texts_is_in_the_table() -> None:
    assert _shown("earmark") == set(COMMANDS)


def test_every_make_target_of_the_texts_is_there() -> None:
    assert _shown("make") == MAKE
    known = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for path in TEXTS
        for command in re.findall(r"`make ([^`]+)`", path.read_text("utf-8"))
        for word in command.split()
        if "=" not in word
    }
    assert len(named) > 8
    assert named <= known
    assert {command.split()[1] for command in MAKE} <= known


@pytest.fixture(scope="module")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a reader of the documentation would type: sounds, data sets, two runs."""
    folder = tmp_path_factory.mktemp("reader")
    soundfile.write(folder / "song.mp3", corpora.sound(3, 1, seconds=14), 22050, format="MP3")
    for name in ("one.wav", "two.wav"):
        corpora.write(folder / name, corpora.sound(2, 1, seconds=2))
    (folder / "recordings").mkdir()
    shutil.copy(resource("sounds", "flute.ogg"), folder / "recordings")
    corpora.folders(folder / "my-sounds", files=6)
    corpora.folders(folder / "other-sounds", files=2)
    corpora.folders(folder / "not-music", classes=["noise"], files=4)
    corpora.folders(folder / "FOLDER" / "sounds", files=6)
    corpora.folders(folder / "FOLDER" / "background", classes=["noise"], files=4)
    corpora.gtzan(folder / "GTZAN", seconds=4)
    corpora.iowa(folder / "iowa")
    corpora.fsdd(folder / "FSDD")
    corpora.esc10(folder / "ESC-10")
    _guitars(folder / "guitars")
    _rated(folder / "rated-songs")
    return folder


def _rated(folder: Path) -> None:
    lines = ["path,group,valence,arousal"]
    for song in range(8):
        corpora.write(folder / f"{song}.wav", corpora.sound(song, 1, seconds=3, kinds=8))
        lines.append(f"{song}.wav,band {song},{song / 8},{(5 * song % 8) / 8 - 0.5}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")


def _guitars(folder: Path) -> None:
    lines = ["path,label,group,fold"]
    for kind, author in enumerate(("one", "two")):
        for song in range(1, 5):
            name = f"{author}-{song}.wav"
            corpora.write(folder / name, corpora.sound(kind, song, seconds=4, kinds=2))
            lines.append(f"{name},{author},{author} {song},{song}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What trainings keep: the noises of their gates are heard once for all of them."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _alone(_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One torch thread: on a busy machine several wait for each other most of the time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_cache))
    monkeypatch.setattr(pytest.importorskip("tqdm").tqdm, "monitor_interval", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def reader(_prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy for one command: each of them must work by itself."""
    folder = tmp_path / "reader"
    shutil.copytree(_prepared, folder, copy_function=os.link)
    monkeypatch.chdir(folder)
    return folder


@contextmanager
def _typing_in(folder: Path, cache: Path) -> Iterator[None]:
    """As in a test: what several tests look at is made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.chdir(folder)
        yield


@pytest.fixture(scope="module")
def _trained(_prepared: Path, _cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    quick = shlex.split(f"{NO_GATE} --set data.split.official=false")
    with _typing_in(folder, _cache):
        for name in ("one", "two"):
            words = ["train", "instrument-mlp", str(_prepared / "my-sounds"), "-o", f"runs/{name}"]
            assert run([*words, *quick]) == 0
    return folder


@pytest.fixture
def _runs(_trained: Path, reader: Path) -> None:
    """Two finished runs, which some commands look at."""
    shutil.copytree(_trained / "runs", reader / "runs")


@pytest.fixture(scope="module")
def _heard(_prepared: Path, _cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heard")
    sounds = str(_prepared / "song.mp3"), str(_prepared / "recordings")
    with _typing_in(folder, _cache):
        hear = ["classify", "-c", "instrument", "-d", "archive.sqlite", "-j", "1"]
        assert run([*hear, *sounds]) == 0
        assert run(["archive", "judge", "archive.sqlite", "1", "--wrong"]) == 0
    return folder


@pytest.fixture
def _archive(_heard: Path, reader: Path) -> None:
    """A results database with something judged in it."""
    for path in _heard.glob("archive.sqlite*"):
        shutil.copy(path, reader)


@pytest.fixture
def _index(reader: Path) -> None:
    """An index of some recordings."""
    assert run(["index", "recordings/", "-o", "archive.index"]) == 0


def _typed(command: str) -> tuple[list[str], str | None]:
    """What a shell makes of it: words with patterns filled in, and where the output goes."""
    line, _, target = command.partition(" > ")
    words: list[str] = []
    for word in shlex.split(line)[1:]:
        words += sorted(map(str, Path().glob(word))) if "*" in word else [word]
    return words, target or None


def _check(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, target = _typed(command)
    if words[:2] == ["recipes", "check"]:
        assert run(["recipes", "new", words[2]]) == 0
    code = run([*words, *shlex.split(COMMANDS[command])])
    said = capsys.readouterr()
    assert code == 0, said.err
    if target:
        Path(target).write_text(said.out)
    written = [
        Path(file) for start, file in WRITTEN.items() if command.startswith(f"earmark {start}")
    ]
    assert all(file.stat().st_size for file in written)
    # What is noted in a database needs no words.
    assert said.out or said.err or written or "judge" in words


def _asks(*names: str) -> list[str]:
    return [command for command in COMMANDS if command.split()[1] in names]


NEED_RUNS = _asks("evaluate", "compare")
NEED_AN_ARCHIVE = _asks("archive")
NEED_AN_INDEX = _asks("index", "search")
NEED_A_MICROPHONE = _asks("listen", "record", "devices")
NEED_A_CLUSTER = [command for command in COMMANDS if "--scheduler" in command]
ALONE = [
    c
    for c in COMMANDS
    if c
    not in {
        *(*NEED_RUNS, *NEED_AN_ARCHIVE, *NEED_AN_INDEX),
        *(*NEED_A_MICROPHONE, *NEED_A_CLUSTER, *_asks("app")),
    }
]


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("command", ALONE)
def test_it_works_as_written(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _check(command, capsys)


@pytest.mark.usefixtures("_runs", "reader")
@pytest.mark.parametrize("command", NEED_RUNS)
def test_it_works_on_finished_runs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _check(command, capsys)


@pytest.mark.usefixtures("_archive", "reader")
@pytest.mark.parametrize("command", NEED_AN_ARCHIVE)
def test_it_works_on_an_archive(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _check(command, capsys)


@pytest.mark.usefixtures("_index", "reader")
@pytest.mark.parametrize("command", NEED_AN_INDEX)
def test_it_works_on_an_index(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _check(command, capsys)


@pytest.mark.parametrize("command", NEED_A_CLUSTER)
def test_it_works_on_a_cluster(command: str, reader: Path) -> None:
    """Of one worker, and with a storage of this machine."""
    for name in ("distributed", "s3fs", "moto", "flask"):
        pytest.importorskip(name, reason=f"{name} is not installed (extra 'dev')")
    with s3_storage() as storage, Machines(reader, storage) as machines:
        bucket = Bucket(storage, "bucket")
        bucket.put("archive/one.wav", (reader / "one.wav").read_bytes())
        machines.start_scheduler()
        machines.start_worker()
        words, _ = _typed(command.replace("tcp://node1:8786", machines.address))
        done = subprocess.run(
            [sys.executable, "-m", "engine.cli", *words, *shlex.split(COMMANDS[command])],
            env=machines.environment,
            cwd=reader,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert (reader / "archive.sqlite").exists() or len(bucket.names("heard")) == 1
        bucket.close()


@pytest.mark.microphone
@pytest.mark.usefixtures("virtual_microphone", "reader")
@pytest.mark.parametrize("command", NEED_A_MICROPHONE)
def test_it_works_with_a_microphone(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _check(command, capsys)


DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def test_the_window_opens_a_file(reader: Path) -> None:
    """Without a display it tells in words what it would show."""
    (command,) = _asks("app")
    words, _ = _typed(command)
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words],
        cwd=reader,
        env={**os.environ, "PYTHONPATH": str(ROOT)} | dict.fromkeys(DISPLAYS, ""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "song.mp3" in done.stdout
