"""What the File page's workers do; generators that run in jobs."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.atomic_write import write_text
from engine.export import EXPORTS
from engine.recognition.decisions import Decider, Decision, Segment, lane
from engine.recognition.timeline import Timeline, concatenate
from engine.recognition.verdict import FileResult

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier
    from engine.music.facts import MusicFacts


@dataclass(frozen=True)
class AnalysisUpdate:
    """The results so far."""

    seconds: float
    total_seconds: float
    timelines: dict[str, Timeline]
    decisions: dict[str, list[Decision]]
    lanes: dict[str, list[Segment]]
    repaired: int
    done: bool
    remark: str = ""


def analyse_file(
    path: Path, classifiers: "Mapping[str, Classifier]"
) -> Generator[AnalysisUpdate | float, None, None]:
    """Analyse a file; yields the position in seconds, and now and then the results so far."""
    from engine.recognition.files import analyse

    steps = analyse(path, classifiers)
    deciders = {n: Decider(c.card.labels, c.card.rules()) for n, c in classifiers.items()}
    timelines: dict[str, list[Timeline]] = {name: [] for name in classifiers}
    decisions: dict[str, list[Decision]] = {name: [] for name in classifiers}
    total, told, seconds, repaired, remark = 0.0, 0.0, 0.0, 0, ""
    done = False
    while not done:
        try:
            step = next(steps)
        except StopIteration as stop:
            repaired, remark, done = stop.value.repaired, stop.value.remark, True
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
                name: lane(
                    decisions[name],
                    hop_seconds=timeline.hop_seconds,
                    duration_seconds=total if done else None,
                )
                for name, timeline in joined.items()
            }
            kept = {name: list(rows) for name, rows in decisions.items()}
            yield AnalysisUpdate(seconds, total, joined, kept, lanes, repaired, done, remark)


def find_music(path: Path) -> "Generator[float, None, MusicFacts]":
    """Tempo, beats, key and tuning; yields the share done. librosa is loaded here."""
    from engine.music.facts import analyse_music

    return (yield from analyse_music(path))


def export(path: Path, form: str, result: FileResult) -> Callable[[], Generator[None, None, Path]]:
    """A job that saves the detected labels to a file."""

    def work() -> Generator[None, None, Path]:
        yield
        write_text(path, EXPORTS[form].write(result))
        return path

    return work


def export_audio(
    source: Path, stretch: tuple[float, float], target: Path
) -> Callable[[], Generator[None, None, Path]]:
    """A job that saves a part of a file as another file."""

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
