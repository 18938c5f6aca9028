"""What a worker does for one file. It takes and gives plain values only."""

import contextlib
import io
import os
import socket
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.archive.addresses import is_address, place_of, write
from engine.archive.cluster import store
from engine.archive.cluster.wire import packed
from engine.errors import EarmarkError
from engine.recognition.events import BatchResult, BatchStep

TOPIC = "earmark"  # of the events by which it is told how far a file is
_TELL_SECONDS = 5.0
_GONE = {"cancelled", "released", "forgotten", "error"}


def versions() -> dict[str, str]:
    """Of what decides the results; of torch without the device it was built for."""
    found = {}
    for name in ("earmark", "torch"):
        try:
            found[name] = version(name).partition("+")[0]
        except PackageNotFoundError:
            found[name] = "none"
    return found


def hear_file(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Hear one file, unless something is missing here.

    Args:
        asked: ``path``; ``versions`` of whoever asks; ``ears``, ``hop_seconds`` and ``channels``;
            ``batch`` and ``number``, by which it is told how far it is; ``part``, where the rows
            are to be written from here (see ``parts``), or None.

    Returns:
        ``state``: "versions" (with those of here), "lacking" (with the files that are to be sent),
        "refused" (a classifier cannot be used), "absent" (the file is not on this machine), "gone"
        (nobody waits for it any more), "failed", or "done" with the result.
    """
    mine: dict[str, Any] = {"worker": _name()}
    if versions() != asked["versions"]:
        return mine | {"state": "versions", "versions": versions()}
    missing = store.lacking(store.files_of(asked["ears"]))
    if missing:
        return mine | {"state": "lacking", "files": missing}
    path = place_of(asked["path"])
    if not is_address(path) and not path.exists():
        return mine | {"state": "absent"}
    try:
        models = store.load(asked["ears"])
    except EarmarkError as error:
        return mine | {"state": "refused", "problem": str(error)}
    began = time.process_time()
    found = _heard(path, models, asked)
    if found is None:
        return mine | {"state": "gone"}
    mine |= {"problem": found.problem, "repaired": found.repaired}
    mine["processor_seconds"] = time.process_time() - began
    if found.result is None:
        return mine | {"state": "failed"}
    try:
        return mine | {"state": "done", "result": _kept(found, asked)}
    except EarmarkError as error:
        return mine | {"state": "failed", "problem": str(error)}


def _heard(path: Path, models: Mapping[str, Any], asked: Mapping[str, Any]) -> BatchResult | None:
    from engine.archive.hearing import hear

    told = time.monotonic()
    steps = hear(path, models, hop_seconds=asked["hop_seconds"], channels=asked["channels"])
    with contextlib.closing(steps):
        for event in steps:
            if isinstance(event, BatchResult):
                return event
            if _given_up():
                return None
            if time.monotonic() - told > _TELL_SECONDS:
                told = time.monotonic()
                _tell(asked, event)
    return None


def _kept(found: BatchResult, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The result for whoever asked; without its rows where they are written from here."""
    assert found.result is not None
    result = packed(found.result)
    if asked["part"] is None:
        return result
    from pyarrow import parquet

    from engine.archive.parquet import table_of

    part, data = asked["part"], io.BytesIO()
    rows = table_of(found.result, "windows", part["labels"], asked["channels"])
    parquet.write_table(rows, data, compression="zstd")
    write(part["address"], data.getvalue())
    return result | {"lines": {}}


def _worker() -> Any:
    """The Dask worker that this runs in; None: it runs by itself."""
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None


def _name() -> str:
    worker = _worker()
    return str(worker.address) if worker else f"{socket.gethostname()}, process {os.getpid()}"


def _given_up() -> bool:
    """Whether it was cancelled meanwhile; Dask itself lets a task run to its end."""
    from distributed.worker import thread_state

    worker, key = _worker(), getattr(thread_state, "key", None)
    if worker is None or key is None:
        return False
    task = worker.state.tasks.get(key)
    return task is None or task.state in _GONE


def _tell(asked: Mapping[str, Any], event: BatchStep) -> None:
    worker = _worker()
    if worker is not None:
        told = {"number": asked["number"], "share": event.share, "seconds": event.seconds}
        worker.log_event(f"{TOPIC}-{asked['batch']}", told)
