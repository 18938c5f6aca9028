"""What the File page's workers do; generators that run in jobs."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.plots.values.track import ValueCurves
from desktop.shared.values import curves_of
from engine.atomic_write import write_text
from engine.errors import EarmarkError
from engine.export import EXPORTS
from engine.export.destinations import refuse_sound
from engine.export.words import encodable
from engine.recognition.decisions import Decider, Decision, Segment, lane
from engine.recognition.timeline import Timeline, concatenate
from engine.recognition.verdict import FileResult

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier
    from engine.music.facts import MusicFacts
    from engine.recognition.files import FileAnalysis, FileProgress


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
    curves: dict[str, ValueCurves] = field(default_factory=dict)


class _Rows:
    """What was found so far, by classifier."""

    def __init__(self, classifiers: "Mapping[str, Classifier]") -> None:
        self._classifiers = classifiers
        self._deciders = {n: Decider(c.card.labels, c.card.rules()) for n, c in classifiers.items()}
        self._timelines: dict[str, list[Timeline]] = {name: [] for name in classifiers}
        self._decisions: dict[str, list[Decision]] = {name: [] for name in classifiers}
        self.seconds = self.total_seconds = 0.0

    def add(self, step: "FileProgress") -> None:
        self.seconds, self.total_seconds = step.seconds, step.total_seconds
        for name, rows in step.rows.items():
            self._timelines[name].append(rows)
            self._decisions[name] += self._deciders[name].push(rows)

    def update(self, done: "FileAnalysis | None" = None) -> AnalysisUpdate:
        joined = {name: concatenate(parts) for name, parts in self._timelines.items() if parts}
        lanes = {
            name: lane(
                self._decisions[name],
                hop_seconds=timeline.hop_seconds,
                duration_seconds=None if done is None else self.total_seconds,
            )
            for name, timeline in joined.items()
        }
        return AnalysisUpdate(
            self.seconds,
            self.total_seconds,
            joined,
            {name: list(rows) for name, rows in self._decisions.items()},
            lanes,
            0 if done is None else done.repaired,
            done is not None,
            "" if done is None else done.remark,
            curves_of(
                self._decisions,
                {name: timeline.hop_seconds for name, timeline in joined.items()},
                self._classifiers,
            ),
        )


def analyse_file(
    path: Path, classifiers: "Mapping[str, Classifier]"
) -> Generator[AnalysisUpdate | float, None, None]:
    """Analyse a file; yields the position in seconds, and now and then the results so far.

    Of a file that breaks off, what was found before is yielded, then the error is raised.
    """
    from engine.recognition.files import analyse

    steps, found, told = analyse(path, classifiers), _Rows(classifiers), 0.0
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            yield found.update(stop.value)
            return
        except EarmarkError:
            if found.seconds:
                yield found.update()
            raise
        found.add(step)
        yield found.seconds
        if found.seconds - told >= max(4.0, found.total_seconds / 50):
            told = found.seconds
            yield found.update()


def find_music(path: Path) -> "Generator[float, None, MusicFacts]":
    """Tempo, beats, key and tuning; yields the share done. librosa is loaded here."""
    from engine.music.facts import analyse_music

    return (yield from analyse_music(path))


def export(path: Path, form: str, result: FileResult) -> Callable[[], Generator[None, None, Path]]:
    """A job that saves the detected labels to a file."""

    def work() -> Generator[None, None, Path]:
        yield
        refuse_sound(path, [result.info.path])
        write_text(path, encodable(EXPORTS[form].write(result)))
        return path

    return work


def export_audio(
    source: Path, stretch: tuple[float, float], target: Path
) -> Callable[[], Generator[None, None, Path]]:
    """A job that saves a part of a file as another file."""

    def work() -> Generator[None, None, Path]:
        from engine.audio import read, write

        yield
        refuse_sound(target, [source])
        first, last = stretch
        write(target, read(source, start_seconds=first, duration_seconds=last - first))
        return target

    return work


def ask_output() -> Generator[None, None, str | None]:
    """Why nothing can be played here, if so."""
    from engine.audio.playback import output_problem

    yield
    return output_problem()
