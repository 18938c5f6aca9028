"""Teaching one class by marks: a head is fitted, and what to hear next is chosen.

The head is that of corrections (:mod:`engine.classifier.personal.head`): a kernel logistic
regression around the marked stretches. What is heard next is a mixture: the most likely, so that
there are examples; those nearest to even odds (margin sampling: Lewis & Gale, "A sequential
algorithm for training text classifiers", 1994); those least like anything marked; and a random draw
from what the head would report, whose marks alone tell how precise it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from engine.archive.corrections import wilson
from engine.classifier.personal.head import Taught, fit
from engine.search.hits import Hit
from engine.search.index import Index
from engine.search.projection import Vectors
from engine.threads import one_torch_thread

Says = Literal["yes", "no", "unsure"]
Reason = Literal["similar", "likely", "margin", "novel", "audit"]
SHARPNESS = 8.0
REST = -2.0  # logit far from all marks
_STRENGTH = 6.0  # logits by which marks are expected to move it
_SURE, _HARDLY = 0.97, 0.03  # probabilities that marks stand for
# Calibration: from so many marks of both kinds on; how firmly scale and shift are held at 1 and 0.
_FEWEST_OF_A_KIND, _HOLD, _LEAST_SCALE, _STEPS = 3, (0.1, 0.02), 0.3, 30
MOST_MARKS = 1000
DONE_AT = 0.8  # lower end of the interval of precision
_AUDITS = 30  # the latest count: the head was another before
_CANDIDATES = 400
_PLAUSIBLE = 0.1  # probability from which a stretch may be heard for its novelty
_FEW = 5  # marks of a kind
_FIRST: Sequence[Reason] = ("audit", "likely", "likely", "likely", "likely", "margin")
_THEN: Sequence[Sequence[Reason]] = (
    ("audit", "likely", "likely", "likely", "margin", "margin"),
    ("audit", "likely", "likely", "likely", "margin", "novel"),
)


@dataclass(frozen=True)
class Mark:
    """What was said about one stretch.

    Attributes:
        hit: the stretch.
        says: it is the class, it is not, or one cannot tell.
        reason: why it was heard.
        probability: that the head gave it then; None: there was none yet.
    """

    hit: Hit
    says: Says
    reason: Reason
    probability: float | None = None


@dataclass(frozen=True)
class Fitted:
    """A head for one class, in the space of an index.

    Attributes:
        points: unit vectors of what was marked, float32, shape (points, numbers).
        shifts: float32, shape (points,).
        rest: logit far from all of them.
    """

    points: NDArray[np.float32]
    shifts: NDArray[np.float32]
    rest: float = REST

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of unit vectors, float32, (n, numbers), shape (n,)."""
        near = np.exp(np.float32(SHARPNESS) * (vectors @ self.points.T - np.float32(1.0)))
        return np.asarray(near @ self.shifts + np.float32(self.rest), dtype=np.float32)

    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of unit vectors, float32, (n, numbers), shape (n,)."""
        return np.asarray(1 / (1 + np.exp(-self.logits(vectors))), dtype=np.float32)


@dataclass(frozen=True)
class Estimate:
    """How often the head is right where it reports the class, as far as audits tell.

    Attributes:
        right: of the audited stretches.
        audited: the latest 30, at most.
        low: lower end of Wilson's 95 % interval; 0 where none was audited.
        high: upper end.
        marks: made so far, those that said neither included.
    """

    right: int
    audited: int
    low: float
    high: float
    marks: int

    @property
    def share(self) -> float | None:
        """Precision; None: not known yet."""
        return self.right / self.audited if self.audited else None

    @property
    def done(self) -> bool:
        """Whether the interval says that it is good enough."""
        return self.audited > 0 and self.low >= DONE_AT


@dataclass(frozen=True)
class Wanted:
    """A stretch to be heard next.

    Attributes:
        hit: the stretch.
        reason: why.
        probability: that it is the class, by the head there is; None: there is none yet.
    """

    hit: Hit
    reason: Reason
    probability: float | None


def learn(vectors: Vectors, says: Sequence[bool], stretches: Sequence[int] | None = None) -> Fitted:
    """Fit the head to marked vectors; the same every time, well under a second for hundreds.

    Args:
        vectors: of unit length, float32, (marks, numbers).
        says: whether each is the class; at least one is.
        stretches: of which stretch each is; None: each of another.
    """
    count = len(vectors)
    places = torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32))
    targets = torch.tensor([[_SURE if yes else _HARDLY] for yes in says])
    # Many more of one kind would draw the odds where nothing is known.
    yes, no = sum(says), count - sum(says)
    each = [count / (2 * yes) if one else count / (2 * max(1, no)) for one in says]
    taught = Taught(
        embeddings=places,
        logits=torch.full((count, 1), REST),
        presence=torch.zeros(count),
        targets=targets,
        present=torch.full((count,), 0.5),  # no gate: nothing is to be learned of it
        weights=torch.tensor(each, dtype=torch.float32).clamp(0.5, 4.0),
    )
    numbers = places.shape[1]
    with one_torch_thread():
        head = fit(
            taught,
            torch.zeros(numbers),
            torch.ones(numbers),
            several=True,
            sharpness=SHARPNESS,
            strength=_STRENGTH,
        )
    found = Fitted(head.points.numpy(), head.shifts[:, 0].numpy())
    whose = np.arange(count) if stretches is None else np.asarray(stretches)
    return _calibrated(found, np.asarray(vectors, np.float32), np.asarray(says, bool), whose)


def _calibrated(
    head: Fitted,
    vectors: NDArray[np.float32],
    says: NDArray[np.bool_],
    stretches: NDArray[np.int_],
) -> Fitted:
    """A head whose odds are right for marks that it has not seen; who is likelier stays so.

    Fitted to few marks it is sure of these and of nothing else: most of the class would stay under
    even odds. So its logits are scaled and moved (J. Platt, "Probabilistic outputs for support
    vector machines", 1999) to fit each mark by what the others make of it. What is far from all
    marks gets no likelier.
    """
    if min(says.sum(), (~says).sum()) < _FEWEST_OF_A_KIND or len(head.points) != len(vectors):
        return head
    near = np.exp(np.float32(SHARPNESS) * (vectors @ head.points.T - np.float32(1.0)))
    near[stretches[:, None] == stretches[None, :]] = 0.0
    logits = (near @ head.shifts + head.rest).astype(np.float64)
    known, wish = np.stack([logits, np.ones_like(logits)], axis=1), np.array([1.0, 0.0])
    hold, line = np.diag(_HOLD), wish.copy()
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(known @ line, -30, 30)))
        slope = known.T @ (chance - says) + hold @ (line - wish)
        curve = known.T @ (known * (chance * (1 - chance))[:, None]) + hold
        line -= np.clip(np.linalg.solve(curve, slope), -1.0, 1.0)
        line[0] = max(line[0], _LEAST_SCALE)
    scale, shift = float(line[0]), float(line[1])
    rest = min(scale * head.rest + shift, REST)
    return Fitted(head.points, np.asarray(scale * head.shifts, dtype=np.float32), rest)


class Teaching:
    """One class that is being taught, on one index.

    Args:
        index: open for as long as this is used.
        query: vector of the sound that one began with, float32, (1, numbers).
        seed: of what is drawn at random.

    Attributes:
        marks: what was said, the oldest first.
        fitted: the head there is; None: nothing was said to be the class yet.
    """

    def __init__(self, index: Index, query: Vectors, seed: int = 0) -> None:
        self._index, self._query = index, query
        self._rng = np.random.default_rng(seed)
        self.marks: list[Mark] = []
        self.fitted: Fitted | None = None

    def mark(self, wanted: Wanted, says: Says) -> None:
        """Note what was said; said again of the same stretch, it replaces what was said before."""
        self.unmark(wanted.hit)
        self.marks.append(Mark(wanted.hit, says, wanted.reason, wanted.probability))

    def unmark(self, hit: Hit) -> None:
        """Take back what was said of a stretch."""
        self.marks = [one for one in self.marks if one.hit.key != hit.key]

    def fit(self) -> Fitted:
        """Learn from all marks there are, beside the sound that one began with.

        Raises:
            DataError: the index has changed meanwhile.
        """
        sure = [one for one in self.marks if one.says != "unsure"][-MOST_MARKS:]
        vectors = self._index.vectors_of([one.hit.key for one in sure])
        self.fitted = learn(
            np.concatenate([self._query, vectors]), [True, *(one.says == "yes" for one in sure)]
        )
        return self.fitted

    def begin(self, count: int) -> list[Wanted]:
        """What is most like the sound that one began with, to be heard first."""
        hits = self._index.search(self._query, count=count, most_a_file=1)
        return [Wanted(hit, "similar", None) for hit in hits]

    def propose(self, count: int) -> list[Wanted]:
        """What to hear next, by the head there is, each stretch once and of each file one.

        Raises:
            DataError: the index has changed meanwhile.
        """
        head = self.fitted if self.fitted is not None else self.fit()
        known = frozenset(one.hit.key for one in self.marks)
        likely = self._index.best(head.logits, count=_CANDIDATES, most_a_file=1, besides=known)
        even = self._index.best(
            lambda block: -np.abs(head.logits(block)), count=count, most_a_file=1, besides=known
        )
        vectors = self._index.vectors_of([hit.key for hit in likely])
        chances = head.probabilities(vectors)
        reported = [n for n, chance in enumerate(chances) if chance >= 0.5]
        plausible = [n for n, chance in enumerate(chances) if chance >= _PLAUSIBLE]
        novel = sorted(plausible, key=lambda n: float((vectors[n] @ head.points.T).max()))
        ways: dict[Reason, list[Hit]] = {
            "audit": [likely[int(n)] for n in self._rng.permutation(reported)],
            "likely": likely,
            "margin": even,
            "novel": [likely[n] for n in novel],
        }
        return self._mixed(ways, count, head)

    def _mixed(self, ways: dict[Reason, list[Hit]], count: int, head: Fitted) -> list[Wanted]:
        """Some of each kind in turn, until there are enough or no more."""
        chosen: list[tuple[Hit, Reason]] = []
        files: set[str] = set()
        sure = [one.says == "yes" for one in self.marks if one.says != "unsure"]
        order = turns(sure, len(self.marks))
        while len(chosen) < count and any(ways[reason] for reason in order):
            for reason in order:
                hits = ways[reason]
                while hits and str(hits[0].path) in files:
                    hits.pop(0)
                if hits and len(chosen) < count:
                    chosen.append((hits[0], reason))
                    files.add(str(hits.pop(0).path))
        vectors = self._index.vectors_of([hit.key for hit, _ in chosen])
        chances = head.probabilities(vectors).tolist()
        return [Wanted(hit, why, p) for (hit, why), p in zip(chosen, chances, strict=True)]

    def estimate(self) -> Estimate:
        """How precise the head is, see :func:`estimate_of`."""
        return estimate_of(self.marks)


def turns(says: Sequence[bool], marks: int) -> Sequence[Reason]:
    """For which reasons the next six stretches are chosen, in turn.

    What is new comes only when there are examples of both kinds.

    Args:
        says: of the marks that are sure, whether each is the class.
        marks: how many there are.
    """
    if min(sum(says), len(says) - sum(says)) < _FEW:
        return _FIRST
    return _THEN[marks // len(_FIRST) % len(_THEN)]


def estimate_of(marks: Sequence[Mark]) -> Estimate:
    """How precise a head is, by the marks of what was drawn at random."""
    drawn = [one for one in marks if one.reason == "audit" and one.says != "unsure"]
    latest = drawn[-_AUDITS:]
    right = sum(one.says == "yes" for one in latest)
    low, high = wilson(right, len(latest)) if latest else (0.0, 1.0)
    return Estimate(right, len(latest), low, high, len(marks))
