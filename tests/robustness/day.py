"""A day of listening at speed: ``make day``, ``make day HOURS=3``.

A fast clock and a simulated room feed the real chain: ring, analysis, decisions, rules, recordings
and the database. The microphone is unplugged now and then, the computer sleeps, samples are lost,
and there are hours of quiet. Memory, open files and threads must be flat, and what was heard and
the gaps together must be the whole day.
"""

import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engine.archive.database import Database
from engine.watch.clock import local
from engine.watch.journal import Journal, gaps_of
from engine.watch.keeping import Keep
from engine.watch.listening import News, Orders, keep_listening
from engine.watch.rules import Rule
from engine.watch.schedule import schedule_of
from tests.engine.watch.simulated import BEEP, HUM, RATE, SILENT, FastClock, Room, at
from tests.planted import beeper
from tests.robustness.soak import Sample, verdict

BEGIN = "2024-01-01T00:00:00"
_SAMPLES = 120
_NEAR = 0.002  # share of the day that may be neither heard nor a gap: a step at each change


@dataclass
class Day:
    """What came of it.

    Attributes:
        hours: simulated.
        samples: of what the process held.
        heard: seconds of sound.
        gaps: seconds, by kind.
        counts: rows of tables.
        faults: what is not as it should be.
        processor: seconds of it.
    """

    hours: float
    samples: list[Sample] = field(default_factory=list)
    heard: float = 0.0
    gaps: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    processor: float = 0.0


def _sound(second: int) -> np.ndarray:
    """A beep every ten minutes, a hum every half hour."""
    if second % 600 < 6:
        return BEEP
    return HUM if second % 1800 in range(900, 920) else SILENT


def simulate(hours: float, folder: Path) -> Day:
    """Listen so long in a folder of its own."""
    clock = FastClock(at(BEGIN))
    begin, long = clock.now(), hours * 3600
    third = long / 3

    def gone(now: float) -> bool:
        since = now - begin
        return any(one <= since < one + 60 for one in (0.2 * long, 0.5 * long, 0.7 * long))

    room = Room(clock, _sound, gone)
    slept = lost = 0.0
    keep = Keep(folder / "kept", most_bytes=3_000_000, when_full="delete")
    rule = Rule("Beep", frozenset({"beep"}), seconds=2, notify=True, record=True)
    quiet = "-".join(f"{local(begin + share * long):%H:%M}" for share in (0.85, 0.9))
    orders = Orders(schedule_of([], [quiet]), (rule,), keep)
    day, step = Day(hours), long / _SAMPLES
    spent = time.process_time()
    with Database(folder / "day.sqlite") as database:
        journal = Journal(database, "microphone:Room", begin)
        steps = keep_listening(room, {"planted": beeper()}, orders, journal, clock)
        for news in steps:
            since = clock.now() - begin
            if since >= step * len(day.samples):
                day.samples.append(replace(Sample.now(0.0), seconds=since))
            if not slept and since > third and news.state == "listening":
                slept = min(600.0, long / 20)
                room.sleeps_until(clock.now() + slept)
            if not lost and since > 2 * third and news.state == "listening":
                lost = 1.5
                room.ring.count_lost(round(lost * RATE))
                room.dropped = room.ring.lost
            if since >= long:
                break
        steps.close()
        _judge(day, database, clock.now() - begin, news)
    day.processor = time.process_time() - spent
    return day


def _judge(day: Day, database: Database, long: float, last: News) -> None:
    day.heard = last.heard_seconds
    for gap in gaps_of(database):
        day.gaps[gap.kind] = day.gaps.get(gap.kind, 0.0) + gap.seconds
    for table in ("gaps", "live", "recordings", "rule_events"):
        ((day.counts[table],),) = database.rows(f"SELECT count(*) FROM {table}")
    day.faults += verdict(day.samples)
    # Lost samples are missing in the sound, but the simulated room sends its second nonetheless.
    whole = day.heard + sum(some for kind, some in day.gaps.items() if kind != "lost")
    if abs(whole - long) > _NEAR * long:
        day.faults.append(f"{long - whole:.0f} s are neither heard nor a gap")
    wanted = {"microphone", "asleep", "lost", "schedule"}
    if missing := wanted - set(day.gaps):
        day.faults.append(f"no gap is noted of: {', '.join(sorted(missing))}")
    if not 150 <= day.gaps.get("microphone", 0.0) <= 210:
        day.faults.append("the microphone was gone for three minutes")
    if not day.counts["rule_events"]:
        day.faults.append("no rule did anything")


def main(hours: float) -> int:
    """Simulate, and tell; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="earmark-day-") as made:
        day = simulate(hours, Path(made))
    for sample in day.samples[:: max(1, len(day.samples) // 8)]:
        print(sample)
    print(day.samples[-1])
    gaps = ", ".join(f"{kind} {seconds:.0f} s" for kind, seconds in sorted(day.gaps.items()))
    print(f"{hours:g} h in {day.processor:.0f} s of processor; {day.heard:.0f} s heard; {gaps}")
    print(", ".join(f"{name}: {count}" for name, count in day.counts.items()))
    print("; ".join(day.faults) or "Memory, handles and threads are flat; every gap is noted.")
    return 1 if day.faults else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 24.0))
