"""Files of rules: what they say, what is refused, and that nothing in a label becomes a command."""

import sys
import time
from pathlib import Path

import pytest

from engine.errors import DataError
from engine.recognition.decisions import Candidate, Decision, Segment
from engine.watch.clock import SystemClock
from engine.watch.commands import Commands
from engine.watch.rules import Rule, read_rules, words_of
from engine.watch.triggers import Triggers

GOOD = """
[[rule]]
name = "Trumpet"
label = "trumpet"
seconds = 3
probability = 0.6
hours = "05:00-09:00"
notify = true
command = ["/bin/echo", "{label}"]
"""


def test_a_file_says_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD)
    (rule,) = read_rules(path)
    assert rule.labels == {"trumpet"}
    assert (rule.seconds, rule.probability, rule.pause_seconds) == (3.0, 0.6, 60.0)
    assert rule.command == ("/bin/echo", "{label}")
    other = tmp_path / "rules.json"
    other.write_text('{"rule": [{"record": true, "label": ["a", "b"]}]}')
    assert read_rules(other) == (Rule("rule 1", frozenset("ab"), record=True),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "one table"),
        ("a = 1", "one table"),
        ("rule = []", "1 to 100"),
        ("[[rule]]", "does nothing"),
        ("[[rule]]\nnotify = 1", "neither true nor false"),
        ("[[rule]]\nnotify = true\nseconds = -1", "is not between"),
        ("[[rule]]\nnotify = true\nseconds = nan", "finite"),
        ("[[rule]]\nnotify = true\nlabels = 'a'", "unknown entry 'labels'"),
        ("[[rule]]\nnotify = true\nhours = '5'", "span of hours"),
        ("[[rule]]\ncommand = 'rm -rf /'", "not a list"),
        ("[[rule]]\ncommand = ['{label}']", "names its program by a field"),
        ("[[rule]]\ncommand = ['a', '{shell}']", "unknown field '{shell}'"),
        ("[[rule]]\ncommand = ['a.BAT ', 'x']", "is a batch file"),
        ("[[rule]]\nnotify = true\n[[rule]]\nnotify = true\nname = 'rule 1'", "two rules"),
    ],
)
def test_what_no_rule_can_say_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        read_rules(path)


def test_a_label_is_never_more_than_an_argument(tmp_path: Path) -> None:
    out = tmp_path / "out"
    nasty = "--x; touch pwned; $(touch pwned) `touch pwned` \"'\n\x1b|&"
    code = "import os,sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]))"
    commands = Commands(SystemClock())
    words = (sys.executable, "-c", code, str(out), "{label}", "-l={label}")
    assert commands.start(1, words, {"label": nasty}) == ""
    ended = []
    while not ended:
        ended = commands.ended()
        time.sleep(0.02)
    assert [(one.key, one.outcome) for one in ended] == [(1, "done")]
    clean = "x; touch pwned; $(touch pwned) `touch pwned` \"'|&"
    assert out.read_text() == repr([clean, f"-l=--{clean}"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert words_of(["a", "{b}c{d}"], {"b": "1"}) == ["a", "1c"]


def test_commands_are_bounded_and_tell_how_they_end(tmp_path: Path) -> None:
    class Late(SystemClock):
        ahead = 0.0

        def now(self) -> float:
            return super().now() + self.ahead

    clock = Late()
    commands = Commands(clock)
    assert "no such program" in commands.start(0, ["surely-no-program"], {})
    assert "not started" in commands.start(0, [str(tmp_path / "none")], {})
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert [commands.start(number, sleeping, {}) for number in range(4)] == [""] * 4
    assert "still running" in commands.start(5, sleeping, {})
    assert commands.ended() == []
    clock.ahead = 1000.0
    assert {one.outcome for one in commands.ended()} == {"ended after 300 s"}
    assert commands.start(6, [sys.executable, "-c", "raise SystemExit(3)"], {}) == ""
    while not (ended := commands.ended()):
        time.sleep(0.02)
    assert ended[0].outcome == "failed with exit code 3"
    commands.start(7, sleeping, {})
    commands.close()
    assert commands.ended() == []


STARTS_ANOTHER = """
import subprocess, sys, time
code = "import sys, time; open(sys.argv[1], 'w').write(str(__import__('os').getpid())); "
other = subprocess.Popen([sys.executable, "-c", code + "time.sleep(60)", sys.argv[1]])
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks after processes as Unix does")
def test_what_a_command_has_started_ends_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    commands = Commands(SystemClock())
    assert commands.start(1, [sys.executable, "-c", STARTS_ANOTHER, str(noted)], {}) == ""
    deadline = time.monotonic() + 240
    while not noted.exists() or not noted.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child = int(noted.read_text())
    commands.close()
    while _runs(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _runs(process: int) -> bool:
    """Whether a process is there and has not ended; nobody may have asked for its end yet."""
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def rows(begin: float, seconds: float, label: str = "trumpet", p: float = 0.9) -> list[Decision]:
    times = [begin + 0.25 * number for number in range(int(seconds / 0.25))]
    return [Decision(t, (label,), label, (Candidate(label, p, True, ""),)) for t in times]


def test_a_rule_waits_for_its_seconds_and_pauses() -> None:
    rule = Rule("r", frozenset({"trumpet"}), seconds=3, probability=0.6, pause_seconds=60)
    triggers = Triggers([rule])
    assert triggers.push("instrument", rows(0, 2.75), 0.25, now=1000) == []
    (fired,) = triggers.push("instrument", rows(2.75, 1), 0.25, now=1001)
    assert (fired.label, fired.seconds, fired.begin_seconds) == ("trumpet", 3.125, 0.0)
    assert fired.probability == pytest.approx(0.9)
    assert triggers.push("instrument", rows(3.75, 10), 0.25, now=1050) == []
    assert len(triggers.push("instrument", rows(13.75, 10), 0.25, now=1061)) == 1
    assert triggers.push("instrument", rows(30, 10, p=0.5), 0.25, now=2000) == []
    assert triggers.push("instrument", rows(40, 10, "flute"), 0.25, now=2000) == []
    # Two notes of two seconds with a long pause between them are none of three.
    assert triggers.push("instrument", rows(60, 2), 0.25, now=3000) == []
    silent = [Decision(63 + n, (), "silence", ()) for n in range(3)]
    assert triggers.push("instrument", silent, 0.25, now=3000) == []
    assert triggers.push("instrument", rows(66, 2), 0.25, now=3000) == []
    # A clock set back silences nothing.
    assert len(triggers.push("instrument", rows(68, 2), 0.25, now=10)) == 1


def test_a_rule_for_files_asks_for_one_long_stretch() -> None:
    triggers = Triggers([Rule("r", frozenset({"a"}), classifier="x", seconds=2, pause_seconds=0)])
    short, long = Segment(0, 1, "a", 0.9), Segment(3, 6, "a", 0.8)
    assert triggers.whole({"x": [short]}, 0) == []
    assert triggers.whole({"y": [long]}, 0) == []
    (fired,) = triggers.whole({"x": [short, long, long]}, 0)
    assert (fired.begin_seconds, fired.seconds) == (3, 3)
