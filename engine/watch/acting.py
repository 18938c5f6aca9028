"""What rules do: tell, keep the sound, start a command; and what became of it, in the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.watch.clock import Clock, iso
from engine.watch.commands import Commands, notification
from engine.watch.journal import Journal
from engine.watch.triggers import Fired


@dataclass(frozen=True)
class Happened:
    """A rule did something.

    Attributes:
        fired: which, and why.
        time: when what it waits for began, ISO 8601.
        file: in which it was heard; None: live.
        recording: the file that is kept of it.
    """

    fired: Fired
    time: str
    file: Path | None = None
    recording: Path | None = None

    @property
    def text(self) -> str:
        """As it is told."""
        fired = self.fired
        place = "" if self.file is None else f" in {self.file.name}"
        return f"{fired.label}{place}, {fired.probability:.0%} ({fired.rule.name})"


class Acting:
    """Does what rules say.

    Args:
        journal: in which it is noted.
        clock: for how long commands run.
        system_messages: whether messages are shown by the system, where it can.
    """

    def __init__(self, journal: Journal, clock: Clock, *, system_messages: bool = False) -> None:
        self._journal, self._clock = journal, clock
        self._commands = Commands(clock)
        self._system_messages = system_messages
        self._of: dict[int, tuple[str, str]] = {}  # rule and label of each command
        self._count = 0

    def do(
        self, fired: Fired, began: float, file: Path | None = None, recording: Path | None = None
    ) -> Happened:
        """Do what a rule says.

        Args:
            fired: the rule, and why.
            began: when what it waits for began, in seconds since 1970.
            file: in which it was heard.
            recording: the file that is kept of it.
        """
        happened = Happened(fired, iso(began), file, recording)
        rule = fired.rule
        if rule.notify:
            shown = notification("Earmark", happened.text) if self._system_messages else None
            if shown is not None:
                self._start(fired, shown, happened, note=False)
            self._note(rule.name, fired.label, "notify", "told")
        if rule.record:
            said = str(recording) if recording is not None else "not kept"
            self._note(rule.name, fired.label, "record", said)
        if rule.command:
            self._start(fired, rule.command, happened, note=True)
        return happened

    def _start(
        self, fired: Fired, command: Sequence[str], happened: Happened, *, note: bool
    ) -> None:
        self._count += 1
        fields = {
            "rule": fired.rule.name,
            "label": fired.label,
            "classifier": fired.classifier,
            "probability": f"{fired.probability:.2f}",
            "seconds": f"{fired.seconds:.1f}",
            "time": happened.time,
            "source": self._journal.source,
            "file": "" if happened.file is None else str(happened.file.absolute()),
            "recording": "" if happened.recording is None else str(happened.recording.absolute()),
        }
        problem = self._commands.start(self._count, command, fields)
        if note and problem:
            self._note(fired.rule.name, fired.label, "command", problem)
        elif note:
            self._of[self._count] = fired.rule.name, fired.label

    def look(self) -> None:
        """Note which commands have ended."""
        for ended in self._commands.ended():
            if ended.key in self._of:
                self._note(*self._of.pop(ended.key), "command", ended.outcome)

    def _note(self, rule: str, label: str, what: str, outcome: str) -> None:
        self._journal.did(rule, self._clock.now(), label, what, outcome)

    def close(self) -> None:
        """End the commands that still run."""
        self.look()
        self._commands.close()
        for rule, label in self._of.values():
            self._note(rule, label, "command", "ended with Earmark")
        self._of.clear()
