"""Undo history of a project."""

from engine.errors import DataError
from engine.project.store import State, Store


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

    def undo(self) -> None:
        """Take the last step back.

        Raises:
            DataError: it could not be saved; nothing has changed.
        """
        self._step(self._undo, self._redo)

    def redo(self) -> None:
        """Take the step again that was undone last.

        Raises:
            DataError: it could not be saved; nothing has changed.
        """
        self._step(self._redo, self._undo)

    def forget(self) -> None:
        """From here on, what was done before can't be undone."""
        self._undo.clear()
        self._redo.clear()

    def _step(self, back: list[tuple[str, State]], forth: list[tuple[str, State]]) -> None:
        if back:
            words, wanted = back[-1]
            before = self.state
            self._go(wanted)
            back.pop()
            forth.append((words, before))

    def _go(self, after: State) -> None:
        """Save another state; sounds that a table names are there before it is written."""
        store, before = self._store, self.state
        back = store.bring_back(after)
        try:
            store.save(after)
        except DataError:
            store.put_away(back)
            raise
        self.state = after
        store.put_away(store.owned(before) - store.owned(after))
