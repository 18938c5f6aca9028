"""Classification of whole files, and of many of them."""

import contextlib
import logging
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.audio.files import AudioInfo, probe, stream
from engine.classifier.classifier import Classifier
from engine.errors import problem_of
from engine.recognition.analysis import Analysis
from engine.recognition.channels import Channels, apart, named
from engine.recognition.events import BatchResult, BatchStep
from engine.recognition.timeline import Timeline, concatenate
from engine.recognition.verdict import conclude
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
    channels: Channels = "mixed",
    block_seconds: float = BLOCK_SECONDS,
) -> Generator[FileProgress, None, FileAnalysis]:
    """Run classifiers over a file, in bounded memory; each ``yield`` is a place to cancel.

    Args:
        path: the file.
        classifiers: by name.
        hop_seconds: step between rows, None: each classifier's own.
        device: where to compute.
        channels: heard as their mean, or each by itself, under names that say which.
        block_seconds: sound between two yields. Longer blocks let more windows be computed
            together; the rows are the same.

    Yields:
        Progress with the new rows.

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
    numbers = range(1, info.channels + 1) if channels == "each" else (0,)
    by_channel = {
        number: Analysis(classifiers, info.rate_hz, hop_seconds=hop_seconds, device=device)
        for number in numbers
    }
    parts: dict[str, list[Timeline]] = {}
    heard, repaired, remark = 0, 0, ""

    def keep(found: Iterable[tuple[int, dict[str, Timeline]]]) -> FileProgress:
        rows = {named(name, number): one for number, some in found for name, one in some.items()}
        for name, timeline in rows.items():
            parts.setdefault(name, []).append(timeline)
        return FileProgress(heard / info.rate_hz, info.duration_seconds, rows)

    with one_torch_thread():
        for block in stream(path, block_seconds=block_seconds, mono=channels == "mixed"):
            heard += block.length
            repaired += block.repaired
            remark = block.remark
            give_way()
            pairs = zip(by_channel.items(), block.samples, strict=True)
            yield keep((number, one.push(samples)) for (number, one), samples in pairs)
        yield keep((number, one.finish()) for number, one in by_channel.items())
    timelines = {name: concatenate(rows) for name, rows in parts.items()}
    return FileAnalysis(info, timelines, repaired, remark)


def classify_files(
    paths: Sequence[Path],
    classifiers: Mapping[str, Classifier],
    *,
    hop_seconds: float | None = None,
    device: str = "cpu",
    channels: Channels = "mixed",
    block_seconds: float = BLOCK_SECONDS,
) -> Generator[BatchStep | BatchResult, None, None]:
    """Run classifiers over many files; each ``yield`` is a place to cancel.

    A file that cannot be analysed, for whatever reason, is told and ends nothing.

    Args:
        paths: the files.
        classifiers: by name.
        hop_seconds: step between rows, None: each classifier's own.
        device: where to compute.
        channels: as :func:`analyse`.
        block_seconds: as :func:`analyse`.

    Yields:
        Steps, and one result for each file as soon as it is done.

    Examples:
        >>> from pathlib import Path
        >>> from engine import Catalog
        >>> from engine.recognition.events import BatchResult
        >>> from engine.recognition.files import classify_files
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
        steps = analyse(
            path,
            classifiers,
            hop_seconds=hop_seconds,
            device=device,
            channels=channels,
            block_seconds=block_seconds,
        )
        try:
            analysis = yield from _shares(steps, path, number)
            each = {name: rules[apart(name, channels)[0]] for name in analysis.timelines}
            result = conclude(analysis.info, analysis.timelines, each, analysis.remark)
        except Exception as error:  # noqa: BLE001  # it must not cost the other files
            _log.debug("%s could not be analysed", path, exc_info=True)
            yield BatchResult(path, None, problem_of(path, error), number=number)
        else:
            yield BatchResult(path, result, repaired=analysis.repaired, number=number)


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
            share = min(1.0, step.seconds / step.total_seconds)
            yield BatchStep(path, number, share, step.seconds)
