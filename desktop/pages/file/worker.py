"""What the File page's workers do; generators that run in jobs."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.classifier.rules import Rules
from engine.export import to_audacity, to_csv, to_json, to_raven, write_text
from engine.recognition.decisions import (
    Candidate,
    Decider,
    Decision,
    Segment,
    leading_family,
    segments,
)
from engine.recognition.timeline import Timeline, between, concatenate, summary

if TYPE_CHECKING:
    from engine.audio.files import AudioInfo
    from engine.classifier.classifier import Classifier

BRIDGE_SECONDS = 1.0
FORMATS = {
    "csv": "CSV (*.csv)",
    "json": "JSON (*.json)",
    "audacity": "Audacity labels (*.txt)",
    "raven": "Raven selection table (*.selections.txt)",
}


@dataclass(frozen=True)
class Found:
    """What was heard so far."""

    seconds: float
    total_seconds: float
    timelines: dict[str, Timeline]
    decisions: dict[str, list[Decision]]
    lanes: dict[str, list[Segment]]
    repaired: int
    done: bool


def analyse_file(
    path: Path, classifiers: "Mapping[str, Classifier]"
) -> Generator[Found | float, None, None]:
    """Analyse a file; yields how far it is in seconds, and now and then what was heard so far."""
    from engine.recognition.files import analyse

    steps = analyse(path, classifiers)
    deciders = {n: Decider(c.card.labels, c.card.rules()) for n, c in classifiers.items()}
    timelines: dict[str, list[Timeline]] = {name: [] for name in classifiers}
    decisions: dict[str, list[Decision]] = {name: [] for name in classifiers}
    total, told, seconds, repaired = 0.0, 0.0, 0.0, 0
    done = False
    while not done:
        try:
            step = next(steps)
        except StopIteration as stop:
            repaired, done = stop.value.repaired, True
        else:
            seconds, total = step.seconds, step.total_seconds
            for name, rows in step.rows.items():
                timelines[name].append(rows)
                decisions[name] += deciders[name].push(rows)
            yield seconds
        if done or seconds - told >= max(4.0, total / 50):
            told = seconds
            joined = {name: concatenate(parts) for name, parts in timelines.items() if parts}
            lanes = {
                name: segments(
                    decisions[name],
                    hop_seconds=timeline.hop_seconds,
                    duration_seconds=total if done else None,
                    bridge_seconds=BRIDGE_SECONDS,
                )
                for name, timeline in joined.items()
            }
            kept = {name: list(rows) for name, rows in decisions.items()}
            yield Found(seconds, total, joined, kept, lanes, repaired, done)


def verdict_on(
    timeline: Timeline,
    decisions: Sequence[Decision],
    classifier: "Classifier",
    stretch: tuple[float, float] | None,
) -> Decision:
    """What a whole file, or a stretch of it, is: its mean, and what was decided in it."""
    part = timeline if stretch is None else between(timeline, *stretch)
    means = dict(summary(part))
    rules = classifier.card.rules()
    if len(part) == 0:
        return Decision(0.0, (), "", ())
    first = int(np.searchsorted(timeline.times, part.times[0]))
    decided = decisions[first : first + len(part)]
    heard_in = {label for decision in decided for label in decision.heard}
    candidates = []
    last = decided[-1]
    by_label = {candidate.label: candidate for candidate in last.candidates}
    for label, mean in means.items():
        threshold = rules.thresholds[timeline.labels.index(label)]
        heard = mean >= threshold * rules.release and label in heard_in
        reason = "" if heard else by_label[label].reason or "only for a part of the time"
        candidates.append(replace(by_label[label], probability=mean, heard=heard, reason=reason))
    family = _family(timeline.labels, means, rules)
    if family and family.label in heard_in and not any(c.heard for c in candidates):
        candidates.insert(0, family)
    names = tuple(c.label for c in candidates if c.heard)
    quiet = all(decision.verdict == last.verdict for decision in decided)
    words = ", ".join(names) or (last.verdict if quiet else "nothing for most of the time")
    return Decision(last.time, names, words, tuple(candidates))


def _family(labels: Sequence[str], means: Mapping[str, float], rules: Rules) -> Candidate | None:
    return leading_family(labels, rules, np.asarray([means[label] for label in labels]))


def export(
    path: Path, form: str, found: Found, info: "AudioInfo"
) -> Callable[[], Generator[None, None, Path]]:
    """Work that writes what was heard to a file."""

    def work() -> Generator[None, None, Path]:
        yield
        if form == "csv":
            text = to_csv(found.timelines)
        elif form == "json":
            text = to_json(str(info.path), info.duration_seconds, found.timelines) + "\n"
        elif form == "audacity":
            text = to_audacity(found.lanes)
        else:
            text = to_raven(found.lanes, file=str(info.path), high_hz=info.rate_hz / 2)
        write_text(path, text)
        return path

    return work


def export_audio(
    source: Path, stretch: tuple[float, float], target: Path
) -> Callable[[], Generator[None, None, Path]]:
    """Work that writes a stretch of a file to another."""

    def work() -> Generator[None, None, Path]:
        from engine.audio import read, write

        yield
        first, last = stretch
        write(target, read(source, start_seconds=first, duration_seconds=last - first))
        return target

    return work


def ask_output() -> Generator[None, None, str | None]:
    """Why nothing can be played here, if so."""
    from engine.audio.playback import output_problem

    yield
    return output_problem()
