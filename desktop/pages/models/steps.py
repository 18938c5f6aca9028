"""Changes on the Models page that can be undone and made again."""

from collections.abc import Callable
from dataclasses import dataclass

_MOST = 50


@dataclass(frozen=True)
class Step:
    """What was done, in words, how to take it back and how to make it again."""

    words: str
    undo: Callable[[], object]
    redo: Callable[[], object]


class Steps:
    """The last changes, and those taken back; a new change forgets the latter."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def words(self) -> tuple[str, str]:
        """What undo would take back and redo make again; empty: nothing."""
        done, undone = self._done[-1:], self._undone[-1:]
        return (done[0].words if done else ""), (undone[0].words if undone else "")

    def add(self, step: Step) -> None:
        """Something was done."""
        self._done.append(step)
        del self._done[:-_MOST]
        self._undone.clear()

    def undo(self) -> None:
        """Take the last change back, if there is one."""
        if self._done:
            self._undone.append(self._done.pop())
            self._undone[-1].undo()

    def redo(self) -> None:
        """Make again what was taken back last, if there is anything."""
        if self._undone:
            self._done.append(self._undone.pop())
            self._done[-1].redo()
