"""Preview of how a recipe would split a project into training, validation and test."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.datasets.splits import Items, SplitRule, split
from engine.datasets.table import Excerpt
from engine.errors import DataError
from engine.project.check import Facts
from engine.project.twins import group_of
from engine.recipes.recipe import Recipe
from engine.windows import Windows

_MUCH = 0.12  # of a class's sounds: by so much more or less than planned is said
_FEW_GROUPS = 8  # from so many on, they are not the reason
PARTS = ("training", "validation", "test")


@dataclass
class Share:
    """What one part has of one class.

    Attributes:
        sounds: how many.
        groups: from how many recordings, or whatever the groups are.
    """

    sounds: int = 0
    groups: int = 0


@dataclass(frozen=True)
class Draw:
    """A split as it would be drawn.

    Attributes:
        recipe: name of the recipe.
        by: what is never cut apart: group, recording or window.
        rows: the sounds.
        parts: the part of each sound, by the identity of its row.
        shares: for each class the share of training, validation and test.
        problem: why it cannot be drawn; empty: it can.
        uneven: which classes do not get the planned shares, and why, as sentences.
    """

    recipe: str
    by: str = "group"
    rows: tuple[Excerpt, ...] = ()  # kept, so that no other row gets the identity of one
    parts: dict[int, str] = field(default_factory=dict)
    shares: dict[str, tuple[Share, Share, Share]] = field(default_factory=dict)
    problem: str = ""
    uneven: tuple[str, ...] = ()


def draw(
    rows: Sequence[Excerpt], facts_of: Callable[[Excerpt], Facts | None], recipe: Recipe
) -> Draw:
    """Draw the split that training by a recipe would draw, from the lengths of the sounds.

    Windows are counted and not cut, so it is the very same unless the recipe leaves out quiet ones
    or takes them where notes begin.

    Args:
        rows: the project's.
        facts_of: what is known of a row; those not looked at or unreadable are left out.
        recipe: whose rule and seed.
    """
    rule = recipe.data.split
    found = Draw(recipe.name, rule.by, tuple(rows))
    heard = [(row, facts) for row in rows if (facts := facts_of(row)) and facts.seconds > 0]
    labels = sorted({row.label for row, _ in heard})
    if len(labels) < 2:
        return Draw(recipe.name, rule.by, problem="A split needs sounds of at least two classes.")
    counts = [_windows(facts.seconds, recipe) for _, facts in heard]
    owner = np.repeat(np.arange(len(heard)), counts)
    items = Items(
        labels=np.asarray([labels.index(heard[n][0].label) for n in owner], dtype=np.int64),
        recordings=[heard[n][0].path for n in owner],
        groups=[group_of(heard[n][0]) for n in owner],
        folds=[heard[n][0].fold for n in owner],
    )
    try:
        parts = split(items, rule, recipe.training.seed)
    except DataError as error:
        return Draw(recipe.name, rule.by, problem=str(error))
    for name, chosen in zip(PARTS, (parts.training, parts.validation, parts.test), strict=True):
        found.parts.update({id(heard[n][0]): name for n in owner[chosen].tolist()})
    found.shares.update(_shares([row for row, _ in heard], found.parts))
    return replace(found, uneven=tuple(uneven(found, rule)))


def uneven(found: Draw, rule: SplitRule) -> list[str]:
    """Which classes do not get the share that the rule says, and why, as sentences.

    Args:
        found: a split.
        rule: it was drawn by.
    """
    wanted = _wanted(rule)
    said = []
    for label, parts in found.shares.items():
        total = sum(part.sounds for part in parts)
        if not total or wanted is None:
            continue
        off = max(abs(p.sounds / total - share) for p, share in zip(parts, wanted, strict=True))
        if off <= max(_MUCH, 1.0 / total):
            continue
        groups = sum(part.groups for part in parts)
        numbers = " / ".join(str(part.sounds) for part in parts)
        plan = " / ".join(f"{share:.0%}" for share in wanted)
        said.append(
            f"'{label}' gets {numbers} instead of {plan}: its {total} sounds are of "
            f"{groups} {found.by}s, which are not divided"
            + (", and windows are counted, not sounds." if groups > _FEW_GROUPS else ".")
        )
    return said


def _wanted(rule: SplitRule) -> tuple[float, float, float] | None:
    """Shares of training, validation and test; None: the rule knows folds or tests on others."""
    if rule.official or rule.folds or rule.test_is_validation or rule.train_on_test:
        return None
    rest = 1 - rule.test
    return rest * (1 - rule.validation), rest * rule.validation, rule.test


def _windows(seconds: float, recipe: Recipe) -> int:
    data = recipe.data
    samples = round(seconds * data.rate_hz)
    rule = Windows(data.window_samples, data.hop_samples)
    count = 1 if data.at == "start" else rule.count(samples)
    if data.short == "drop":
        count = min(count, rule.whole(samples))
    return min(count, data.most_windows) if data.most_windows else count


def _shares(
    rows: Sequence[Excerpt], parts: dict[int, str]
) -> dict[str, tuple[Share, Share, Share]]:
    sounds: dict[tuple[str, str], int] = defaultdict(int)
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if part := parts.get(id(row)):
            sounds[row.label, part] += 1
            groups[row.label, part].add(group_of(row))
    made = {}
    for label in sorted({row.label for row in rows}):
        one, two, three = (Share(sounds[label, part], len(groups[label, part])) for part in PARTS)
        made[label] = (one, two, three)
    return made
