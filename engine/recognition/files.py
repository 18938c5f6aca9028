"""Classification of whole files, and of many of them."""

import contextlib
import logging
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.audio.files import AudioInfo, probe, stream
from engine.classifier.classifier import Classifier
from engine.errors import problem_of
from engine.recognition.analysis import Analysis
from engine.recognition.timeline import Timeline, concatenate
from engine.recognition.verdict import FileResult, conclude
from engine.threads import give_way, one_torch_thread

BLOCK_SECONDS = 1.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileProgress:
    """How far an analysis has come.

    Attributes:
        seconds: heard so far.
        total_seconds: length of the file.
        rows: each classifier's new rows.
    """

    seconds: float
    total_seconds: float
    rows: dict[str, Timeline]


@dataclass(frozen=True)
class FileAnalysis:
    """The result of analysing a file.

    Attributes:
        info: about the file.
        timelines: by classifier.
        repaired: samples that were no numbers and became silence.
        remark: a sentence about what is missing of the file; empty if nothing is.
    """

    info: AudioInfo
    timelines: dict[str, Timeline]
    repaired: int
    remark: str = ""


def analyse(
    path: Path | str,
    classifiers: Mapping[str, Classifier],
    *,
    hop_seconds: float | None = None,
    device: str = "cpu",
) -> Generator[FileProgress, None, FileAnalysis]:
    """Run classifiers over a file, in bounded memory; each ``yield`` is a place to cancel.

    Args:
        path: the file.
        classifiers: by name.
        hop_seconds: step between rows, None: each classifier's own.
        device: where to compute.

    Yields:
        Progress with the new rows, about once a second of sound.

    Returns:
        All rows.

    Raises:
        AudioError: the file cannot be read, or breaks off half-way.

    Examples:
        >>> from engine import Catalog, analyse, summary
        >>> steps = analyse("flute.ogg", {"instrument": Catalog().load("instrument")})
        >>> while True:
        ...     try:
        ...         step = next(steps)  # step.seconds of step.total_seconds are done
        ...     except StopIteration as end:
        ...         analysis = end.value
        ...         break
        >>> summary(analysis.timelines["instrument"])[0][0]
        'flute'
    """
    info = probe(path)
    analysis = Analysis(classifiers, info.rate_hz, hop_seconds=hop_seconds, device=device)
    parts: dict[str, list[Timeline]] = {name: [] for name in classifiers}
    heard, repaired, remark = 0, 0, ""

    def keep(rows: dict[str, Timeline]) -> FileProgress:
        for name, timeline in rows.items():
            parts[name].append(timeline)
        return FileProgress(heard / info.rate_hz, info.duration_seconds, rows)

    with one_torch_thread():
        for block in stream(path, block_seconds=BLOCK_SECONDS, mono=True):
            heard += block.length
            repaired += block.repaired
            remark = block.remark
            give_way()
            yield keep(analysis.push(block.samples[0]))
        yield keep(analysis.finish())
    timelines = {name: concatenate(rows) for name, rows in parts.items()}
    return FileAnalysis(info, timelines, repaired, remark)


@dataclass(frozen=True)
class BatchStep:
    """How far the analysis of one of many files has come.

    Attributes:
        path: the file.
        number: its place among them, from 1.
        share: done of it, 0 to 1.
    """

    path: Path
    number: int
    share: float


@dataclass(frozen=True)
class BatchResult:
    """What became of one of many files.

    Attributes:
        path: the file.
        result: None: there is none.
        problem: why there is none, as a sentence.
        repaired: samples that were no numbers and became silence.
    """

    path: Path
    result: FileResult | None
    problem: str = ""
    repaired: int = 0


def classify_files(
    paths: Sequence[Path],
    classifiers: Mapping[str, Classifier],
    *,
    hop_seconds: float | None = None,
    device: str = "cpu",
) -> Generator[BatchStep | BatchResult, None, None]:
    """Run classifiers over many files; each ``yield`` is a place to cancel.

    A file that cannot be analysed, for whatever reason, is told and ends nothing.

    Args:
        paths: the files.
        classifiers: by name.
        hop_seconds: step between rows, None: each classifier's own.
        device: where to compute.

    Yields:
        Steps, and one result for each file as soon as it is done.

    Examples:
        >>> from pathlib import Path
        >>> from engine import Catalog
        >>> from engine.recognition.files import BatchResult, classify_files
        >>> instrument = {"instrument": Catalog().load("instrument")}
        >>> for event in classify_files([Path("flute.ogg"), Path("missing.wav")], instrument):
        ...     if isinstance(event, BatchResult):
        ...         found = event.result
        ...         print(found.verdicts["instrument"].heard if found else event.problem)
        ('flute',)
        missing.wav does not exist. Was it moved or renamed?
    """
    rules = {name: model.card.rules() for name, model in classifiers.items()}
    for number, path in enumerate(paths, start=1):
        yield BatchStep(path, number, 0.0)
        steps = analyse(path, classifiers, hop_seconds=hop_seconds, device=device)
        try:
            analysis = yield from _shares(steps, path, number)
            result = conclude(analysis.info, analysis.timelines, rules, analysis.remark)
        except Exception as error:  # noqa: BLE001  # it must not cost the other files
            _log.debug("%s could not be analysed", path, exc_info=True)
            yield BatchResult(path, None, problem_of(path, error))
        else:
            yield BatchResult(path, result, repaired=analysis.repaired)


def _shares(
    steps: Generator[FileProgress, None, FileAnalysis], path: Path, number: int
) -> Generator[BatchStep, None, FileAnalysis]:
    with contextlib.closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as stop:
                analysis: FileAnalysis = stop.value
                return analysis
            yield BatchStep(path, number, min(1.0, step.seconds / step.total_seconds))
