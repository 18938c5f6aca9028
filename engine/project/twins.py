"""Sounds of a project that are nearly the same but in different groups, and joining the groups."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.datasets.leaks import near_duplicates
from engine.datasets.table import Excerpt
from engine.project.store import State

_MOST_COMPARED = 10_000  # sketches in memory: 9 kB each
Sketch = NDArray[np.float16]


class Twins(NamedTuple):
    """Excerpts that a split by group may put into two parts.

    Attributes:
        rows: all of them, in their order.
        groups: sets of groups that should be one.
    """

    rows: tuple[Excerpt, ...]
    groups: tuple[tuple[str, ...], ...]


def group_of(row: Excerpt) -> str:
    """A row's group; its file where none is given."""
    return row.group or row.path


class TwinFinder:
    """Finds them, and again only when sounds or groups have changed."""

    def __init__(self) -> None:
        self._known: tuple[list[tuple[int, str]], list[tuple[int, int]]] = ([], [])
        self._compared: list[Sketch] = []  # kept, so that no other gets the identity of one

    def find(self, rows: Sequence[Excerpt], sketches: Mapping[int, Sketch]) -> Twins:
        """Compare excerpts.

        Args:
            rows: the excerpts; of more than 10,000 the first are compared.
            sketches: of rows by their identity; one that has none is not compared.
        """
        asked = [row for row in rows if id(row) in sketches][:_MOST_COMPARED]
        question = [(id(sketches[id(row)]), group_of(row)) for row in asked]
        if question != self._known[0]:
            pairs: list[tuple[int, int]] = []
            if asked:
                stack = np.stack([sketches[id(row)] for row in asked]).astype(np.float32)
                found = near_duplicates(stack, [group_of(row) for row in asked])
                pairs = [(first, second) for first, second, _ in found]
            self._known = (question, pairs)
            self._compared = [sketches[id(row)] for row in asked]
        pairs = self._known[1]
        numbers = sorted({number for pair in pairs for number in pair})
        names = [(group_of(asked[a]), group_of(asked[b])) for a, b in pairs]
        return Twins(tuple(asked[number] for number in numbers), _components(names))


def joined(state: State, sets: Sequence[Sequence[str]]) -> State:
    """A state in which each set of groups is one, by the name of its first."""
    name = {group: groups[0] for groups in sets for group in groups}
    rows = tuple(
        replace(row, group=name[group_of(row)])
        if name.get(group_of(row), group_of(row)) != group_of(row)
        else row
        for row in state.rows
    )
    return State(state.classes, rows)


def _components(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Names that hang together by pairs, each set sorted."""
    home: dict[str, set[str]] = {}
    for first, second in pairs:
        together = home.get(first, {first}) | home.get(second, {second})
        home |= dict.fromkeys(together, together)
    return tuple(sorted({tuple(sorted(names)) for names in home.values()}))
