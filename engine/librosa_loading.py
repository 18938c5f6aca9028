"""librosa, loaded on first use: never at the start, and without waiting for a compiler.

Parts of librosa are compiled by numba as they are imported: half a minute on a slow machine, most
of it for functions that Earmark never calls. Here each is compiled when it is first called. numba
keeps the machine code beside the sources; those of an installed program can't be written to, so
that it goes to the user's cache folder, or each start would compile anew.
"""

import importlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from platformdirs import user_cache_path

_VARIABLE = "NUMBA_CACHE_DIR"
_COMPILING = ("guvectorize", "vectorize")
_PARTS = ("librosa.feature", "librosa.onset")
_lock = threading.Lock()


def load_librosa() -> ModuleType:
    """The library, with ``feature`` and ``onset``; the first call takes about a second.

    What it compiles is kept, so that only the first use on a machine waits for that.
    """
    with _lock:
        if _VARIABLE not in os.environ:
            os.environ[_VARIABLE] = str(_writable(user_cache_path("earmark") / "numba"))
        with _compiled_when_called():
            for part in _PARTS:
                importlib.import_module(part)
        return importlib.import_module("librosa")


def _writable(folder: Path) -> Path:
    """The folder, or one among the temporary files: without any, numba refuses to compile."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="earmark-numba-"))


class _Later:
    """A function that is compiled when it is first called."""

    def __init__(self, make: Callable[[], Callable[..., Any]]) -> None:
        self._make = make
        self._made: Callable[..., Any] | None = None
        self._lock = threading.Lock()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        with self._lock:
            self._made = self._made or self._make()
        return self._made(*arguments, **named)


@contextmanager
def _compiled_when_called() -> Iterator[None]:
    """While this lasts, numba's decorators that compile at once wait for the first call."""
    numba = importlib.import_module("numba")
    originals = {name: getattr(numba, name) for name in _COMPILING}
    for name, original in originals.items():
        setattr(numba, name, _waiting(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(numba, name, original)


def _waiting(decorator: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(
        signatures: list[str], *arguments: Any, **named: Any
    ) -> Callable[[Callable[..., Any]], _Later]:
        kept = named | {"cache": True}  # librosa leaves it out here and there
        needed = _of_sound(signatures)
        return lambda function: _Later(lambda: decorator(needed, *arguments, **kept)(function))

    return decorate


def _of_sound(signatures: list[str]) -> list[str]:
    """Those whose first argument is no array of integers, which numpy would turn into floats."""
    return [one for one in signatures if not one.startswith("void(int")] or signatures
