"""Excerpts as points of a map: similar sounds are close, likely label errors stand out.

Vectors of :mod:`engine.sound_map.embedding` are standardised and reduced by principal components;
from ten excerpts on, t-SNE (:mod:`engine.sound_map.projection`) lays them out on a plane.
Neighbours are sought in the reduced space, never on the plane, which keeps near things near but
tells no distance.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.datasets.table import Excerpt
from engine.errors import DataError
from engine.sound_map.embedding import Embedder, embed
from engine.sound_map.projection import principal_components, tsne
from engine.threads import one_blas_thread

Floats = NDArray[np.float32]
Place = tuple[str, float, float | None]  # file, start and end: an excerpt whatever its label

MOST_EXCERPTS = 3000
FEWEST_FOR_TSNE = 10
NEIGHBOURS = 10
MUSICNN = Embedder("genre", 0)
_FEWEST_OF_CLASS = 3  # of its own kind elsewhere; with fewer, neighbours say nothing
_SUSPICIOUS = 0.8
_MAJORITY = 0.6
_FAR = 4.0  # robust deviations from the median distance to the neighbours
_COMPONENTS = 50
_PERPLEXITY = 30.0
_LISTENING = 0.9  # share of the work that is embedding


class Suspect(NamedTuple):
    """Why a point deserves a second look.

    Attributes:
        share: of its nearest neighbours that have another label, 0 to 1.
        likely: the label most of them have; empty: there is no such label.
        outlier: whether it is like nothing else.
        asked: how many neighbours were asked.
    """

    share: float
    likely: str
    outlier: bool
    asked: int


@dataclass(frozen=True, eq=False)
class ExcerptMap:
    """Where each excerpt lies, and which are its neighbours. Labels play no part in it.

    Attributes:
        places: the excerpts shown, each once.
        points: float32, shape (places, 2), in [-1, 1], y upwards.
        method: how they were laid out.
        neighbours: nearest first, among other groups, int64, shape (places, k); -1: none.
        distances: cosine distance to the nearest ones of any group, mean, float32, (places,).
        problems: sounds that could not be read, with the reason, by file.
        left_out: excerpts that were more than the map can hold.
    """

    places: tuple[Place, ...]
    points: Floats
    method: Literal["t-SNE", "PCA"]
    neighbours: NDArray[np.int64]
    distances: Floats
    problems: dict[str, str]
    left_out: int = 0

    def suspects(self, labels: Sequence[str], groups: Sequence[str]) -> dict[int, Suspect]:
        """Points whose neighbours have another label, or that are like nothing else.

        Each asks as many of its nearest neighbours in other groups as there are of its own label
        in other groups, at most ten; with fewer than three it is not judged. Suspicious is one if
        four fifths of them disagree and three fifths agree on another label. An outlier's distance
        to its neighbours lies more than four robust deviations (1.4826 times the median absolute
        one) above the median.

        Args:
            labels: of each place, as they are now; empty: it is gone and is not asked.
            groups: of each place.

        Raises:
            DataError: there are more or fewer labels or groups than places.
        """
        if not len(labels) == len(groups) == len(self.places):
            raise DataError("The map was drawn for other sounds. Draw it again.")
        everywhere, together = Counter(labels), Counter(zip(labels, groups, strict=True))
        far = self._far()
        found: dict[int, Suspect] = {}
        for number, (label, group) in enumerate(zip(labels, groups, strict=True)):
            near = self.neighbours[number]
            near = [n for n in near.tolist() if n >= 0 and labels[n]]
            near = near[: everywhere[label] - together[label, group]]
            asked = len(near) if len(near) >= _FEWEST_OF_CLASS else 0
            others = Counter(labels[n] for n in near[:asked] if labels[n] != label)
            share = others.total() / asked if asked else 0.0
            likely, votes = others.most_common(1)[0] if others else ("", 0)
            wrong = share >= _SUSPICIOUS and votes >= _MAJORITY * asked
            if label and (wrong or far[number]):
                found[number] = Suspect(share, likely if wrong else "", bool(far[number]), asked)
        return found

    def _far(self) -> NDArray[np.bool_]:
        if len(self.distances) < FEWEST_FOR_TSNE:
            return np.zeros(len(self.distances), dtype=bool)
        middle = np.median(self.distances)
        deviation = 1.4826 * np.median(np.abs(self.distances - middle))
        return np.asarray(self.distances > middle + _FAR * max(float(deviation), 1e-6))


def place_of(row: Excerpt) -> Place:
    """What an excerpt is on a map, whatever its label."""
    return row.path, row.start, row.end


def make_map(
    root: Path,
    rows: Sequence[Excerpt],
    embedder: Embedder = MUSICNN,
    cache: Path | None = None,
    seed: int = 1,
) -> Generator[float, None, ExcerptMap]:
    """Listen to excerpts and lay them out; yields the share done.

    More than 3,000 are thinned at random, each class by the same share.

    Args:
        root: folder that relative paths start from.
        rows: the excerpts.
        embedder: which network listens.
        cache: folder to keep embeddings in, None: the user's.
        seed: of all that is random.

    Raises:
        ModelError: the network cannot be opened.
        DataError: there is no sound to show.
    """
    yield 0.0
    unique = list({place_of(row): row for row in reversed(rows)}.values())[::-1]
    chosen = _thinned(unique, seed)
    work = embed(root, chosen, embedder, cache)
    while True:
        try:
            yield _LISTENING * next(work)
        except StopIteration as stop:
            heard = stop.value
            break
    read = [number for number in range(len(chosen)) if number not in heard.problems]
    problems = {chosen[number].path: words for number, words in heard.problems.items()}
    if not read:
        reason = next(iter(problems.values()), "There are none yet.")
        raise DataError(f"There are no sounds to show on a map. {reason}")
    kept = [chosen[number] for number in read]
    with one_blas_thread():
        reduced = yield from _reduced(heard.vectors[read], seed)
        neighbours, distances = _near(reduced, [row.group or row.path for row in kept])
        yield _LISTENING
        points, method = yield from _laid_out(reduced, seed)
    places = tuple(place_of(row) for row in kept)
    left_out = len(unique) - len(chosen)
    return ExcerptMap(places, points, method, neighbours, distances, problems, left_out)


def _thinned(rows: Sequence[Excerpt], seed: int) -> list[Excerpt]:
    """At most 3,000 in their order, the same share of each class, at least one."""
    if len(rows) <= MOST_EXCERPTS:
        return list(rows)
    rng = np.random.default_rng(seed)
    labels = np.asarray([row.label for row in rows])
    kept: list[int] = []
    for label in np.unique(labels):
        mine = rng.permutation(np.flatnonzero(labels == label))
        kept += mine[: max(1, len(mine) * MOST_EXCERPTS // len(rows))].tolist()
    return [rows[number] for number in sorted(kept)]


def _reduced(vectors: Floats, seed: int) -> Generator[float, None, Floats]:
    """Standardised and projected on the main 50 components, shape (n, at most 50)."""
    centred = vectors - vectors.mean(axis=0)
    deviation = vectors.std(axis=0)
    centred /= np.where(deviation > 1e-6, deviation, np.inf)
    if not centred.any():  # one sound, or the same one again and again
        return np.zeros((len(vectors), 2), dtype=np.float32)
    work = principal_components(centred, min(_COMPONENTS, *centred.shape), seed)
    while True:
        try:
            next(work)
        except StopIteration as stop:
            found: Floats = stop.value
            return found
        yield _LISTENING


def _near(reduced: Floats, groups: Sequence[str]) -> tuple[NDArray[np.int64], Floats]:
    """The nearest of other groups, and the mean distance to the nearest of any."""
    length = np.linalg.norm(reduced, axis=1, keepdims=True)
    unit = reduced / np.maximum(length, 1e-9)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    count = min(NEIGHBOURS, len(reduced) - 1)
    best = -np.sort(-likeness, axis=1)[:, :count]
    distances = 1.0 - best.mean(axis=1) if count else np.zeros(len(reduced))
    number = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)[1]
    likeness[number[:, None] == number[None, :]] = -np.inf
    order = np.argsort(-likeness, axis=1, kind="stable")[:, :count].astype(np.int64)
    order[np.isneginf(np.take_along_axis(likeness, order, axis=1))] = -1
    return order, np.asarray(distances, dtype=np.float32)


def _laid_out(
    reduced: Floats, seed: int
) -> Generator[float, None, tuple[Floats, Literal["t-SNE", "PCA"]]]:
    if len(reduced) < FEWEST_FOR_TSNE:
        flat = np.zeros((len(reduced), 2), dtype=np.float32)
        flat[:, : min(2, reduced.shape[1])] = reduced[:, :2]
        return _framed(flat), "PCA"
    work = tsne(reduced, min(_PERPLEXITY, (len(reduced) - 1) / 3), seed)
    while True:
        try:
            yield _LISTENING + (1.0 - _LISTENING) * next(work)
        except StopIteration as stop:
            return _framed(stop.value), "t-SNE"


def _framed(points: Floats) -> Floats:
    """Centred in a square from -1 to 1, with the same scale on both axes."""
    low, high = points.min(axis=0), points.max(axis=0)
    return np.asarray((points - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-9))
