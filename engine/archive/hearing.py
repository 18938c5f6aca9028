"""One file of many heard, wherever it lies."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.archive.addresses import fetched
from engine.errors import AudioError
from engine.recognition.channels import Channels
from engine.recognition.events import BatchResult, BatchStep

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

# Windows of so much sound are computed together.
BLOCK_SECONDS = 10.0


def hear(
    path: Path,
    models: "Mapping[str, Classifier]",
    *,
    hop_seconds: float | None,
    channels: Channels,
    number: int = 1,
) -> Generator[BatchStep | BatchResult, None, None]:
    """As :func:`engine.recognition.files.classify_files` for one path or address.

    What lies at an address is copied to this machine for as long as it is heard.

    Args:
        path: the file.
        models: the classifiers, by name.
        hop_seconds: step between rows, None: each classifier's own.
        channels: mixed, or each by itself.
        number: its place among many.
    """
    from engine.recognition.files import classify_files  # brings torch along

    try:
        with fetched(path) as here:
            for event in classify_files(
                [here],
                models,
                hop_seconds=hop_seconds,
                channels=channels,
                block_seconds=BLOCK_SECONDS,
            ):
                yield _of(event, path, number)
    except AudioError as error:  # fetching it failed
        yield BatchResult(path, None, str(error), number=number)


def _of(event: BatchStep | BatchResult, path: Path, number: int) -> BatchStep | BatchResult:
    """What is told of the copy, as told of the file."""
    if isinstance(event, BatchResult) and event.result is not None:
        result = replace(event.result, info=replace(event.result.info, path=path))
        return replace(event, path=path, number=number, result=result)
    return replace(event, path=path, number=number)
