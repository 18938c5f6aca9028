"""An output that was interrupted is continued by the same command, and is the same in the end."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import soundfile

from engine.archive.resuming import journal_of
from engine.cli import classify
from engine.cli.app import run
from tests.planted import RATE, beeper, burst

SOUNDS = 6


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    beeper().save(tmp_path / "beeper.safetensors")
    (tmp_path / "in").mkdir()
    for number in range(SOUNDS):
        soundfile.write(tmp_path / "in" / f"{number}.wav", burst(3, at=number % 2), RATE)
    (tmp_path / "in" / "2 bad.wav").write_text("no sound")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def heard(form: str, output: str, *more: str) -> int:
    """Of the whole folder, in this process."""
    words = ["classify", "-j", "1", "-c", "beeper.safetensors", "-f", form, "-o", output]
    return run([*words, *more, "in"])


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """Ctrl-C at so manieth result, after it was kept and before it is written."""

    @contextlib.contextmanager
    def interrupt(at: int) -> Iterator[None]:
        put, count = classify._put, 0

        def interrupted(*words: Any) -> str:
            nonlocal count
            count += 1
            if count == at:
                raise KeyboardInterrupt
            return put(*words)

        with monkeypatch.context() as patch:
            patch.setattr(classify, "_put", interrupted)
            yield

    return interrupt


@pytest.mark.parametrize("form", ["table", "csv", "json", "raven"])
def test_one_text(
    folder: Path, form: str, interrupt: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert heard(form, "whole") == 1  # of the bad one
    for at in (3, 5):
        with interrupt(at):
            assert heard(form, "broken") == 130
        assert "Run the same command again to continue." in capsys.readouterr().err
    half = (folder / "broken").read_bytes()
    whole = (folder / "whole").read_bytes()
    assert whole.startswith(half)
    assert half != whole
    (folder / "broken").write_bytes(half[:-7])  # as a power cut may leave it
    assert heard(form, "broken") == 1
    assert "5 of 7 files are done already" in capsys.readouterr().err
    assert (folder / "broken").read_bytes() == whole
    assert not journal_of("broken").exists()
    assert heard(form, "broken") == 2  # what is complete is not continued
    assert "exists already" in capsys.readouterr().err


def test_a_folder(
    folder: Path, interrupt: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert heard("audacity", "whole/") == 1
    with interrupt(4):
        assert heard("audacity", "labels/") == 130
    mine = folder / "labels" / "0.txt"
    mine.write_text("0.0\t1.0\tcorrected by me\n")  # meanwhile: it is not written over
    assert heard("audacity", "labels/") == 1
    assert "exists" not in capsys.readouterr().err
    names = {path.name for path in (folder / "whole").iterdir()}
    assert {path.name for path in (folder / "labels").iterdir()} == names
    for name in names - {"0.txt"}:
        assert (folder / "labels" / name).read_bytes() == (folder / "whole" / name).read_bytes()
    assert "corrected by me" in mine.read_text()


def test_parquet(folder: Path, interrupt: Callable[[int], Any]) -> None:
    assert heard("parquet", "whole.parquet") == 1
    with interrupt(4):
        assert heard("parquet", "broken.parquet") == 130
    assert not (folder / "broken.parquet").exists()  # half a table is none
    assert heard("parquet", "broken.parquet") == 1
    one, other = (pyarrow.parquet.read_table(f"{name}.parquet") for name in ("whole", "broken"))
    assert one.equals(other)
    with interrupt(4):
        assert heard("parquet", "each/") == 130
    assert heard("parquet", "each/") == 1
    assert len(list((folder / "each").glob("*.parquet"))) == SOUNDS


def test_what_was_changed_since_is_kept(
    folder: Path, interrupt: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with interrupt(4):
        assert heard("csv", "mine.csv") == 130
    output = folder / "mine.csv"
    changed = output.read_text().replace("beep", "bleep", 1)
    output.write_text(changed)
    assert heard("csv", "mine.csv") == 2
    assert "was changed since" in capsys.readouterr().err
    assert output.read_text() == changed
    assert heard("csv", "mine.csv", "--overwrite") == 1
    assert output.read_text() != changed
    assert not journal_of("mine.csv").exists()


def test_other_settings_are_not_mixed(
    folder: Path, interrupt: Callable[[int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with interrupt(4):
        assert heard("csv", "a.csv") == 130
    before = (folder / "a.csv").read_bytes()
    assert heard("csv", "a.csv", "--hop", "0.5") == 2
    assert "settings are others" in capsys.readouterr().err
    assert (folder / "a.csv").read_bytes() == before


def test_where_it_is_kept(tmp_path: Path) -> None:
    assert journal_of(str(tmp_path / "a.csv")) == tmp_path / ".a.csv.unfinished"
    assert journal_of(str(tmp_path)) == tmp_path / ".results.unfinished"
    assert journal_of(f"{tmp_path}/new/") == tmp_path / "new" / ".results.unfinished"
