"""Classification of whole files."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.audio.files import AudioInfo, probe, stream
from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis
from engine.recognition.timeline import Timeline, concatenate
from engine.threads import one_torch_thread

BLOCK_SECONDS = 1.0


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
            yield keep(analysis.push(block.samples[0]))
        yield keep(analysis.finish())
    timelines = {name: concatenate(rows) for name, rows in parts.items()}
    return FileAnalysis(info, timelines, repaired, remark)
