"""What a run and its classifier are called, and what the classifier tells: from data and recipe."""

import itertools
import re
from collections.abc import Collection
from pathlib import Path

from engine.bounded import read_json
from engine.classifier.file import read_header
from engine.datasets.corpora.gtzan import GENRES
from engine.datasets.corpora.medley_solos import INSTRUMENTS
from engine.datasets.table import Dataset
from engine.errors import EarmarkError
from engine.recipes.recipe import Recipe, Task
from engine.training.runs.shelf import about
from resources import resource

_FACTS, _MOST_BYTES = "run.json", 100_000_000
# Words by which a column of labels or a data set's own name says what its labels are.
_TASKS: dict[str, Task] = {
    "instrument": "instrument",
    "genre": "genre",
    "mood": "mood",
    "emotion": "mood",
    "author": "author",
    "artist": "author",
    "composer": "author",
    "performer": "author",
    "player": "author",
    "singer": "author",
    "speaker": "author",
}


def unique(title: str, taken: Collection[str]) -> str:
    """The title, or with a number if it is taken: ``Strings, quick training (2)``."""
    numbered = (f"{title} ({number})" for number in itertools.count(2))
    return next(name for name in itertools.chain([title], numbered) if name not in taken)


def titles_beside(folder: Path) -> set[str]:
    """What the runs beside a run's folder are called, by themselves or by a person."""
    found = set()
    for facts in folder.parent.glob(f"*/{_FACTS}"):
        if facts.parent != folder:
            found |= {given_title(facts.parent), about(facts.parent).name}
    return found - {""}


def given_title(folder: Path) -> str:
    """The title that a run was given as it began; empty: it is of an older version."""
    try:
        facts = read_json(folder / _FACTS, most_bytes=_MOST_BYTES)
    except EarmarkError:
        return ""
    found = facts.get("title", "") if isinstance(facts, dict) else ""
    return found if isinstance(found, str) else ""


def task_of(recipe: Recipe, dataset: Dataset) -> Task:
    """What the classifier tells, as far as the data says it; else what the recipe says.

    The data says it by the column of its labels, by labels that are all instruments or all genres,
    or by its name ("Composers").

    Args:
        recipe: what is trained; a regression stays one.
        dataset: with the labels that are learned.
    """
    if recipe.is_regression:
        return recipe.deployment.task
    named = (_singular(word) for word in re.findall(r"[a-z]+", dataset.about.name.lower()))
    by_name = next((_TASKS[word] for word in named if word in _TASKS), None)
    return (
        _TASKS.get(_singular(recipe.data.label.lower()))
        or _by_labels(dataset.labels)
        or by_name
        or recipe.deployment.task
    )


def _by_labels(labels: Collection[str]) -> Task | None:
    """What all labels are, if that is one thing."""
    own = {_plain(label) for label in labels}
    known: dict[Task, Collection[str]] = {"genre": GENRES, "instrument": INSTRUMENTS}
    for task, names in known.items():
        bundled = read_header(resource("models", f"{task}.safetensors")).card.labels
        if len(own) > 1 and own <= {_plain(name) for name in (*names, *bundled)}:
            return task
    return None


def _plain(label: str) -> str:
    """In small letters, words apart, without a plural's end: "Double_Basses" and "double bass"."""
    return _singular(" ".join(re.findall(r"[^\W_]+", label.lower())))


def _singular(word: str) -> str:
    return word.removesuffix("es") if word.endswith("sses") else re.sub(r"(?<=[^s])s$", "", word)
