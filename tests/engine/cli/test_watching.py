"""``earmark listen`` by a schedule and ``earmark watch``, as one types them."""

import os
import signal
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.archive.database import Database
from engine.cli import microphone
from engine.cli.app import run
from engine.watch import listening
from engine.watch.journal import Journal
from engine.watch.listening import News
from tests.engine.watch.simulated import LiveRoom
from tests.planted import beeper

Listen = Callable[..., tuple[int, str, str]]


@pytest.fixture
def listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Listen:
    beeper().save(tmp_path / "beeper.safetensors")
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(microphone, "_found_again", lambda name, channel: LiveRoom())

    def listened(*words: str) -> tuple[int, str, str]:
        code = run(["listen", "-c", str(tmp_path / "beeper.safetensors"), *words])
        said = capfd.readouterr()
        return code, said.out, said.err

    return listened


def test_it_listens_keeps_and_notes(listen: Listen, tmp_path: Path) -> None:
    database, kept = tmp_path / "a.sqlite", tmp_path / "kept"
    code, out, err = listen("-d", str(database), "--keep", str(kept), "--seconds", "4")
    assert code == 0, err
    assert "planted: hum" in out
    assert "Stopped." in err
    assert len(list(kept.rglob("*hum.flac"))) == 1
    with sqlite3.connect(database) as db:
        assert [row for (row,) in db.execute("SELECT label FROM live")] == ["hum"]
        assert db.execute("SELECT heard_seconds FROM watches").fetchone()[0] >= 4
    db.close()


def told_to_end(monkeypatch: pytest.MonkeyPatch, number: int, heard_seconds: float) -> None:
    """Have this process sent a signal while it listens, after so much was heard."""
    keep = listening.keep_listening

    def kept(*given: Any) -> Generator[News, None, None]:
        sent = False
        with closing(keep(*given)) as steps:
            for news in steps:
                if news.heard_seconds >= heard_seconds and not sent:
                    os.kill(os.getpid(), number)
                    sent = True
                yield news

    monkeypatch.setattr(listening, "keep_listening", kept)


@pytest.mark.skipif(os.name == "nt", reason="signals are Unix's")
def test_the_word_of_systemd_ends_it_in_good_order(
    listen: Listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_to_end(monkeypatch, signal.SIGTERM, heard_seconds=1.0)
    code, _, err = listen("-d", str(tmp_path / "a.sqlite"))
    assert code == 0
    assert "Stopped." in err


def test_outside_its_hours_it_opens_no_microphone(
    listen: Listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(name: str | None, channel: int | None) -> LiveRoom:
        raise AssertionError("the microphone was opened")

    monkeypatch.setattr(microphone, "_found_again", forbidden)
    told_to_end(monkeypatch, signal.SIGINT, heard_seconds=0.0)
    code, out, err = listen("-d", str(tmp_path / "a.sqlite"), "--quiet", "00:00-24:00")
    assert code == 0
    assert out == ""
    assert "outside the scheduled hours" in err
    run(["archive", "gaps", str(tmp_path / "a.sqlite")])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--schedule", "05:00-09:00"], "need a database"),
        (["-d", "a.sqlite", "--schedule", "dawn"], "is not a span of hours"),
        (["-d", "a.sqlite", "--quota", "5"], "add --keep FOLDER"),
        (["--keep-label", "flute"], "need a database"),
        (["-d", "a.sqlite", "--keep", "k", "--when-full", "delete"], "needs --quota"),
        (["-d", "a.sqlite", "--keep", "k", "--when-full", "move"], "add --move-to FOLDER"),
        (["-d", "a.sqlite", "--rules", "none.toml"], "none.toml cannot be read"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_made(
    listen: Listen, words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = listen(*words)
    assert code == 2
    assert said in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beeper.safetensors"]


def test_a_file_is_no_folder_to_watch(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.wav").write_text("a")
    code = run(["watch", str(tmp_path / "a.wav"), "-d", str(tmp_path / "a.sqlite")])
    assert code == 2
    assert "is a file" in capfd.readouterr().err


def test_what_looks_like_markup_in_a_folder_is_shown_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Database(tmp_path / "a.sqlite") as database:
        journal = Journal(database, "folder:[/red] a [b]", 1.7e9)
        journal.gap("folder", 1.7e9, 5.0, "it was away")
    assert run(["archive", "gaps", str(tmp_path / "a.sqlite")]) == 0
    assert "folder:[/red] a [b]" in capsys.readouterr().out
