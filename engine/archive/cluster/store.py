"""Classifiers on a worker, known by the SHA-256 of their files and kept from batch to batch."""

import contextlib
import hashlib
import json
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from engine.classifier.catalog import BUNDLED, Catalog, Entry
from engine.classifier.file import SUFFIX, read_header, sha256, write_file
from engine.errors import ModelError
from engine.leftovers import DAY, sweep
from resources import resource

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier

_UNUSED_SECONDS = 30 * DAY
_ONCE = "batch"  # how names of folders of one batch begin
_DIGEST = re.compile(r"[0-9a-f]{64}")
_lock = threading.Lock()
_loaded: "dict[str, dict[str, Classifier]]" = {}


def files_of(ears: Iterable[Mapping[str, Any]]) -> set[str]:
    """The files that these classifiers consist of: SHA-256 of each."""
    return {digest for ear in ears for digest in (ear["sha256"], ear["corrections"]) if digest}


def lacking(digests: Iterable[str]) -> list[str]:
    """Which of these files are not on this machine."""
    return sorted(digest for digest in digests if _place(digest) is None)


def keep(digest: str, data: bytes) -> str:
    """Keep a file; what went wrong, or nothing.

    Args:
        digest: its SHA-256.
        data: the bytes of a safetensors file.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        return "A classifier was damaged on its way to a worker. Try again."
    try:
        write_file(_kept(digest), data)
    except ModelError as error:
        return str(error)
    return ""


def load(ears: Sequence[Mapping[str, Any]]) -> "dict[str, Classifier]":
    """The classifiers as they are on the machine that asks: corrected and adjusted.

    They stay open for the next file.

    Raises:
        ModelError: one cannot be used.
    """
    key = json.dumps(ears, sort_keys=True)
    with _lock:
        if key not in _loaded:
            _tidy()
            made = [_open(ear) for ear in ears]
            _loaded.clear()  # of the batch before
            _loaded[key] = {one.card.name: one for one in made}
        return _loaded[key]


def _open(ear: Mapping[str, Any]) -> "Classifier":
    from engine.classifier.classifier import Classifier  # brings torch along

    digest, corrections = ear["sha256"], ear["corrections"]
    path = _place(digest)
    if path is None:
        raise ModelError(f"The classifier '{ear['name']}' is not on this worker any more.")
    classifier = Classifier.load(path)
    if classifier.sha256 != digest:
        if path == _kept(digest):  # never one of Earmark's own
            path.unlink(missing_ok=True)
        raise ModelError(f"The classifier '{ear['name']}' was modified on a worker. Try again.")
    # A catalog for this once: what the user there changed, and nothing of this machine's.
    _folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_ONCE, dir=_folder()) as mine:
        catalog = Catalog(Path(mine))
        source = _place(corrections) if corrections else None
        if source is not None:
            write_file(catalog.corrections.path(digest), source.read_bytes())
        if ear["thresholds"] or ear["smoothing_seconds"] is not None:
            catalog.adjust(ear["name"], ear["thresholds"], ear["smoothing_seconds"])
        card = read_header(path).card
        return catalog.refreshed(classifier, Entry(card.name, path, card, bundled=True))


def _tidy() -> None:
    """Delete what killed workers left, and classifiers that no batch has asked for for long."""
    sweep(_folder(), _ONCE, older_than=DAY)
    sweep(_folder(), "", older_than=_UNUSED_SECONDS)


def _folder() -> Path:
    return platformdirs.user_cache_path("Earmark", appauthor=False) / "cluster"


def _kept(digest: str) -> Path:
    if not _DIGEST.fullmatch(digest):
        raise ModelError("A classifier was asked for by something that is not a SHA-256.")
    return _folder() / f"{digest}{SUFFIX}"


def _place(digest: str) -> Path | None:
    """Where the file of this SHA-256 lies: Earmark's own, or one that was sent before."""
    path = _kept(digest)
    if not path.is_file():
        return _bundled().get(digest)
    with contextlib.suppress(OSError):
        os.utime(path)  # when it was last asked for
    return path


@cache
def _bundled() -> dict[str, Path]:
    paths = [resource("models", f"{name}{SUFFIX}") for name in BUNDLED]
    return {sha256(path): path for path in paths}
