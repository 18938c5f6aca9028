"""Two programs on one project: nobody's labels are lost, and whoever comes second is told."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.datasets import open_dataset
from engine.errors import DataError
from engine.project.project import Project
from engine.project.store import State
from tests import corpora
from tests.engine.project.test_project import finish, state

ROOT = Path(__file__).resolve().parents[3]
OTHER = """
import sys
from pathlib import Path
from engine.errors import DataError
from engine.project.project import Project
project = Project(Path(sys.argv[1]))
print(project.read_only or "writable", flush=True)
for line in sys.stdin:
    try:
        eval(line)
        print("done", flush=True)
    except DataError as error:
        print(error, flush=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    given = corpora.folders(tmp_path / "given", ("bell", "drum"), files=3, seconds=0.1)
    made = Project(tmp_path / "project")
    finish(made.import_folder(given))
    made.close()
    return made.root


class Other:
    """A project opened in another process; each line is done there."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.said = self._line()

    def do(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, how: int | None = None) -> None:
        if how is not None:
            self.process.send_signal(how)
        self.process.communicate()


def test_two_processes_lose_no_label(root: Path) -> None:
    other = Other(root)
    try:
        assert other.said == "writable"
        mine = Project(root)
        assert f"process {other.process.pid} on " in mine.read_only
        before = state(mine)
        for change in (
            lambda: mine.relabel(mine.rows[:1], "drum"),
            lambda: mine.remove(mine.rows[:2]),
            lambda: mine.add_class("flute"),
            lambda: finish(mine.add_files("bell", [root.parent / "given" / "drum"])),
        ):
            with pytest.raises(DataError, match=f"process {other.process.pid} .* nothing was"):
                change()
        assert state(mine) == before
        assert not mine.outdated
        assert other.do("project.relabel(project.rows[:2], 'drum')") == "done"
        assert mine.outdated
        assert mine.refresh() == ""
        assert [row.label for row in mine.rows].count("drum") == 5
        assert not mine.outdated
        mine.close()
        assert other.do("project.remove(project.rows[:1])") == "done"
        other.end(getattr(signal, "SIGKILL", signal.SIGTERM))
        assert mine.outdated
        assert "can be edited here" in mine.refresh()
        assert not mine.read_only
        mine.relabel(mine.rows[:2], "bell")
        assert open_dataset(root).counts() == {"bell": 2, "drum": 3}
        mine.close()
    finally:
        other.end(signal.SIGTERM)


def test_two_who_begin_the_same_new_project(tmp_path: Path) -> None:
    first, second = Project(tmp_path / "new"), Project(tmp_path / "new")
    first.add_class("bell")
    with pytest.raises(DataError, match="open in"):
        second.add_class("drum")
    assert second.read_only
    second.refresh()
    assert second.classes == ("bell",)
    first.close()
    assert second.refresh()
    second.add_class("drum")
    assert Project(tmp_path / "new").classes == ("bell", "drum")


def test_the_second_may_not_empty_what_the_first_removed(root: Path) -> None:
    first, second = Project(root), Project(root)
    first.remove(first.rows[:1])
    second.close()
    assert first.history.undo() == ""
    assert len(first.rows) == 6
    assert not first.missing


def test_a_table_that_was_edited_meanwhile_is_not_overwritten(root: Path) -> None:
    project = Project(root)
    table = root / "manifest.csv"
    text = table.read_bytes().replace(b",bell,", b",gong,")
    table.write_bytes(text)
    with pytest.raises(DataError, match="changed by another program"):
        project.relabel(project.rows[-1:], "bell")
    assert table.read_bytes() == text
    assert set(project.classes) == {"bell", "drum", "gong"}
    project.relabel(project.rows[-1:], "gong")
    assert open_dataset(root).counts() == {"drum": 2, "gong": 4}
    table.write_bytes(table.read_bytes().replace(b",gong,", b",bell,"))
    os.utime(table, (1e9, 1e9))  # however coarse the clock is
    assert project.outdated
    assert "read again" in project.refresh()
    assert open_dataset(root).counts() == {"bell": 4, "drum": 2}
    table.write_bytes(b'path,label\nx.wav,"open\n')
    with pytest.raises(DataError, match="quotation mark"):
        project.refresh()
    assert len(project.rows) == 6
    assert not project.outdated  # it is told once


def test_rows_that_are_the_same_stay_the_same_objects(root: Path) -> None:
    first, second = Project(root), Project(root)
    known = {id(row) for row in second.rows}
    first.relabel(first.rows[:1], "drum")
    second.refresh()
    assert len(known & {id(row) for row in second.rows}) == 5


def test_undo_says_what_no_longer_exists(root: Path) -> None:
    project = Project(root)
    project.remove(project.rows[:1])
    shutil.rmtree(root / ".removed")
    before = state(project)
    with pytest.raises(DataError, match=r"cannot be brought back: .*\.wav no longer exists"):
        project.history.undo()
    assert state(project) == before
    assert len(open_dataset(root)) == 5
    rows = project.rows[:2]
    project.remove(rows)
    (root / ".removed" / rows[0].path).unlink()
    said = project.history.undo()
    assert said.startswith("Not everything could be brought back:")
    assert len(project.rows) == 4
    assert not project.missing


def test_a_step_whose_sounds_are_gone_does_not_block_those_under_it(root: Path) -> None:
    project = Project(root)
    project.relabel(project.rows[-1:], "bell")
    project.add_class("cymbal")
    gone = project.rows[0]
    project.remove([gone])
    shutil.rmtree(root / ".removed")
    assert "emove" in project.history.undo_words
    with pytest.raises(DataError, match="cannot be brought back"):
        project.history.undo()
    assert "cymbal" in project.history.undo_words  # it is dropped
    assert project.history.undo() == ""  # and told of once
    assert "cymbal" not in project.classes
    assert project.history.undo() == ""
    assert project.rows[-1].label == "drum"
    assert len(project.rows) == 5
    assert project.history.undo_words == ""
    assert project.history.redo() == ""
    assert gone.path not in {row.path for row in project.rows}


def test_nothing_is_taken_away_for_a_sound_that_is_gone(root: Path) -> None:
    """A sound was cut into two, and is gone: undoing that would leave neither it nor them."""
    project = Project(root)
    before = project.history.state
    first, second = before.rows[:2]
    after = State(before.classes, tuple(row for row in before.rows if row is not first))
    project.history.change("cut", after)
    (root / ".removed" / first.path).unlink()
    project.history._undo[-1] = (
        "cut",
        State(  # of it two others had come
            before.classes, tuple(row for row in before.rows if row is not second)
        ),
    )
    with pytest.raises(DataError, match="cannot be brought back"):
        project.history.undo()
    assert second in project.rows
    assert (root / second.path).is_file()


def test_a_network_folder_without_locks_works(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(handle: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("engine.locks._lock", none)
    first, second = Project(root), Project(root)
    assert not first.read_only
    assert not second.read_only
    first.relabel(first.rows[:1], "drum")
    with pytest.raises(DataError, match="changed by another program"):
        second.relabel(second.rows[1:2], "drum")
    second.relabel(second.rows[1:2], "drum")
    assert open_dataset(root).counts() == {"bell": 1, "drum": 5}
    writing = root / "sounds" / ".earmark-of the other"
    writing.touch()
    Project(root)
    assert writing.exists()


IMPORTS = """
import os, signal, sys
from pathlib import Path
from engine.project import store
from engine.project.project import Project
from tests.engine.project.test_project import finish
project, given, where = Project(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
if where == "copying":
    copy, left = store.shutil.copyfile, [2]
    def some(source, to):
        left[0] -= 1
        Path(to).write_bytes(b"RIFF"); die() if left[0] < 0 else copy(source, to)
    store.shutil.copyfile = some
elif where == "undoing":
    project.remove(project.rows[:2])
if where in ("saving", "undoing"):
    project._store.save = die
elif where == "removing":
    project._store.put_away = die
if where == "removing":
    project.remove(project.rows[:2])
elif where == "undoing":
    project.history.undo()
elif where == "recording":
    project._store.save = die
    project.add_recording("bell", Path(sys.argv[4]), 1.0)
else:
    finish(project.import_folder(given))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize("where", ["copying", "saving", "removing", "undoing", "recording"])
def test_killed_amid_an_import_leaves_nothing(root: Path, tmp_path: Path, where: str) -> None:
    take = Project(root).recording_path("bell", "now")
    corpora.write(take.with_suffix(".wav"), corpora.sound(0, 1, 2.0))
    take.with_suffix(".wav").rename(take)
    foreign = root / "sounds" / "bell" / "put here by hand.wav"
    corpora.write(foreign, corpora.sound(0, 2, 0.1))
    arguments = [str(root), str(tmp_path / "given"), where, str(take)]
    killed = subprocess.run([sys.executable, "-c", IMPORTS, *arguments], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    again = Project(root)
    assert len(again.rows) == (4 if where in ("removing", "undoing") else 6)
    assert not again.missing
    there = {p.relative_to(root).as_posix() for p in (root / "sounds").rglob("*.wav")}
    named = {row.path for row in again.rows}
    assert there - named == {"sounds/bell/put here by hand.wav"}
    assert not list(root.rglob(".earmark-*"))
    assert not list((root / "sounds").rglob("*.flac"))
    assert again.unfinished() == [("bell", take)]  # a recording is never lost
    assert not (root / ".arriving.jsonl").exists()
