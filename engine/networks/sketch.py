"""Networks on torch's meta device, where nothing is allocated or computed."""

import contextlib
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

_COMPILER = "torch._dynamo"
_MARK = "__dynamo_disable"  # where torch keeps what the compiler made of a function
_one_at_a_time = threading.RLock()


class _NoCompiler(ModuleType):
    """Stands for torch's compiler until somebody wants more of it than to be left alone by it."""

    def __init__(self) -> None:
        super().__init__(_COMPILER)
        self._left_alone: list[Any] = []

    def disable(self, function: Callable[..., Any], *_: object, **__: object) -> Callable[..., Any]:
        """What is called in a function's place: itself."""
        self._left_alone.append(function)
        return function

    def __getattr__(self, name: str) -> Any:
        self._go()
        return getattr(importlib.import_module(_COMPILER), name)

    def _go(self) -> None:
        """Make room for the compiler."""
        if sys.modules.get(_COMPILER) is self:
            del sys.modules[_COMPILER]

    def end(self) -> None:
        """Leave all as if it had never been."""
        self._go()
        for function in self._left_alone:
            with contextlib.suppress(AttributeError):
                delattr(function, _MARK)


@contextlib.contextmanager
def without_compiler() -> Iterator[None]:
    """Call layers on the meta device without loading torch's compiler.

    There, operations on single numbers are Python functions that torch tells its compiler to leave
    alone, for which it would import that: a thousand modules, two seconds of processor, in each
    process that loads a classifier, and nothing of it is ever used.
    """
    with _one_at_a_time:
        if _COMPILER in sys.modules:
            yield
            return
        stand_in = sys.modules[_COMPILER] = _NoCompiler()
        try:
            yield
        finally:
            stand_in.end()
