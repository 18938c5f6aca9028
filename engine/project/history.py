"""Undo history of a project."""

from pathlib import PurePath

from engine.datasets.table import Excerpt
from engine.errors import DataError
from engine.project.store import ChangedOnDiskError, State, Store

_MOST_NAMED = 3


class History:
    """A project's state on the disk, with those before and after it.

    Args:
        store: where states are saved.
        state: the one to begin with.
    """

    def __init__(self, store: Store, state: State) -> None:
        self.state = state
        self._store = store
        self._undo: list[tuple[str, State]] = []
        self._redo: list[tuple[str, State]] = []

    @property
    def undo_words(self) -> str:
        """What would be undone; empty: nothing."""
        return self._undo[-1][0] if self._undo else ""

    @property
    def redo_words(self) -> str:
        """What would be done again; empty: nothing."""
        return self._redo[-1][0] if self._redo else ""

    def change(self, words: str, after: State) -> None:
        """Take a step and remember it.

        Raises:
            DataError: it could not be saved; nothing has changed.
        """
        before = self.state
        self._go(after)
        self._undo.append((words, before))
        self._redo.clear()

    def undo(self) -> str:
        """Take the last step back.

        Returns:
            What could not be brought back, as its sound no longer exists; empty: all was.

        Raises:
            DataError: it could not be saved, or nothing of it exists; nothing has changed. In the
                second case the step is dropped, so that the one before it can be taken back.
        """
        return self._step(self._undo, self._redo)

    def redo(self) -> str:
        """Take the step again that was undone last; as :meth:`undo`.

        Raises:
            DataError: it could not be saved, or nothing of it exists; nothing has changed.
        """
        return self._step(self._redo, self._undo)

    def ready(self) -> None:
        """Make sure that a change may be made; to be asked before any sound is copied.

        Raises:
            DataError: another program holds the project, or has changed it. Then it was read
                again, and what was done before can't be undone.
        """
        try:
            self._store.claim()
        except ChangedOnDiskError:
            self.read_again()
            raise

    def read_again(self) -> None:
        """Take what lies on the disk.

        Raises:
            DataError: it cannot be read; the state stays as it was.
        """
        found = self._store.find(self._store.load(), self._store.root)
        # Who points at a row that is still the same points at it further on.
        known = {_key(row): row for row in self.state.rows}
        same = (known.get(_key(row)) for row in found.rows)
        rows = (old if old == row else row for old, row in zip(same, found.rows, strict=True))
        self.state = State(found.classes, tuple(rows))
        self.forget()

    def forget(self) -> None:
        """From here on, what was done before can't be undone."""
        self._undo.clear()
        self._redo.clear()

    def _step(self, back: list[tuple[str, State]], forth: list[tuple[str, State]]) -> str:
        if not back:
            return ""
        self.ready()
        words, wanted = back[-1]
        before = self.state
        lost = self._store.lost(before, wanted)
        if lost:
            self._strip(lost)
            wanted = back[-1][1]
            owned = self._store.owned
            if _same(before, wanted) or owned(before) - owned(wanted):
                # Nothing comes back, or what is there would go for it: what is under it is next.
                back.pop()
                raise DataError(f"This cannot be brought back: {_gone(lost)}.")
        self._go(wanted)
        back.pop()
        forth.append((words, before))
        return f"Not everything could be brought back: {_gone(lost)}." if lost else ""

    def _strip(self, lost: set[str]) -> None:
        """Take sounds that exist nowhere out of all steps: they are told of once."""
        for stack in (self._undo, self._redo):
            for place, (words, state) in enumerate(stack):
                rows = tuple(row for row in state.rows if row.path not in lost)
                stack[place] = words, State(state.classes, rows)

    def _go(self, after: State) -> None:
        """Save another state; sounds that a table names are there before it is written."""
        self.ready()
        store, before = self._store, self.state
        leaving = store.owned(before) - store.owned(after)
        coming = store.away(after)
        try:
            store.moving(leaving | coming)
            store.bring_back(coming)
            store.save(after)
        except DataError:
            store.put_away(coming)
            if leaving or coming:
                store.settled()
            raise
        self.state = after
        store.put_away(leaving)
        store.settled()


def _same(one: State, other: State) -> bool:
    rows = [set(map(_key, state.rows)) for state in (one, other)]
    return rows[0] == rows[1] and set(one.classes) == set(other.classes)


def _key(row: Excerpt) -> tuple[object, ...]:
    return row.path, row.start, row.end, row.label


def _gone(lost: set[str]) -> str:
    names = sorted(PurePath(path).name for path in lost)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    verb = "no longer exists" if len(names) == 1 else "no longer exist"
    return f"{', '.join(names[:_MOST_NAMED])}{more} {verb}"
