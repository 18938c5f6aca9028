"""What a listener said about stretches, right or wrong, and the thresholds that follow from it."""

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.archive.cells import finite
from engine.archive.database import Database, key_of
from engine.errors import DataError

_FEWEST = 10  # judged stretches without which no threshold is estimated
_95_PERCENT = 1.959964


@dataclass(frozen=True)
class Correction:
    """What a listener said about one stretch.

    Attributes:
        path: the file, as the database calls it.
        classifier: that heard it.
        channel: 0: all, mixed.
        start_seconds: of the stretch.
        end_seconds: of the stretch.
        label: that was heard.
        probability: with which.
        right: whether the listener agrees.
        made_at: local time, ISO 8601.
    """

    path: str
    classifier: str
    channel: int
    start_seconds: float
    end_seconds: float
    label: str
    probability: float
    right: bool
    made_at: str = ""


@dataclass(frozen=True)
class Precision:
    """How many of the stretches from a threshold on are right.

    Attributes:
        threshold: least probability.
        right: stretches judged right from there on.
        judged: stretches judged from there on.
        share: right of the judged.
        low: lower end of the 95 % interval (Wilson's).
        high: upper end.
    """

    threshold: float
    right: int
    judged: int
    share: float
    low: float
    high: float


def correct(database: Database, segment: int, right: bool) -> Correction:
    """Keep what a listener said about a stretch; saying it again replaces it.

    It stays when the file is analysed anew, also if that finds other stretches.

    Args:
        database: with the stretch.
        segment: its ``segment_id`` in the view ``heard``.
        right: whether the listener agrees.

    Raises:
        DataError: there is no such stretch, or it cannot be written.
    """
    found = database.rows(
        "SELECT path, classifier, channel, start_seconds, end_seconds, label, probability "
        "FROM heard WHERE segment_id = ?",
        (segment,),
    )
    if not found:
        raise DataError(
            f"There is no stretch {segment} in {database.path.name}. The view 'heard' has their "
            "numbers; they change when a file is analysed again."
        )
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    correction = Correction(*(*found[0], right, now))
    database.change(
        "INSERT INTO corrections (path, classifier, channel, start_seconds, end_seconds, label, "
        "probability, is_right, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path, "
        "classifier, channel, start_seconds, end_seconds, label) DO UPDATE SET "
        "probability = excluded.probability, is_right = excluded.is_right, "
        "made_at = excluded.made_at",
        (*found[0], right, now),
    )
    return correction


def take_back(database: Database, segment: int) -> None:
    """Forget what a listener said about a stretch; nothing happens if that was nothing.

    Args:
        database: with the stretch.
        segment: its ``segment_id`` in the view ``heard``.

    Raises:
        DataError: it cannot be written.
    """
    columns = "path, classifier, channel, start_seconds, end_seconds, label"
    database.change(
        f"DELETE FROM corrections WHERE ({columns}) = "
        f"(SELECT {columns} FROM heard WHERE segment_id = ?)",
        (segment,),
    )


def corrections(database: Database, path: Path | None = None) -> list[Correction]:
    """All that was said, in the order of files and times; of one file if one is named."""
    where, values = ("WHERE path = ? ", (key_of(path),)) if path else ("", ())
    rows = database.rows(
        "SELECT path, classifier, channel, start_seconds, end_seconds, label, probability, "
        f"is_right, made_at FROM corrections {where}"
        "ORDER BY path, start_seconds, classifier, channel, label",
        values,
    )
    try:
        return [
            Correction(
                *(*row[:3], *map(finite, row[3:5]), row[5], finite(row[6]), bool(row[7]), row[8])
            )
            for row in rows
        ]
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{database.path.name} is damaged: the times or the "
            "probability of a correction in it are invalid."
        ) from error


def wilson(right: int, judged: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: Wilson, E. B. (1927), JASA 22, 209-212.

    Args:
        right: of them.
        judged: more than 0.

    Examples:
        >>> from engine.archive.corrections import wilson
        >>> [round(end, 3) for end in wilson(9, 10)]
        [0.596, 0.982]
    """
    share, squared = right / judged, _95_PERCENT**2
    middle = share + squared / (2 * judged)
    reach = _95_PERCENT * math.sqrt(share * (1 - share) / judged + squared / (4 * judged**2))
    whole = 1 + squared / judged
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def precision_at(judged: Iterable[Correction], threshold: float) -> Precision | None:
    """How many stretches of this probability or more are right; None: none was judged."""
    kept = [one.right for one in judged if one.probability >= threshold]
    if not kept:
        return None
    right, count = sum(kept), len(kept)
    return Precision(threshold, right, count, right / count, *wilson(right, count))


@dataclass(frozen=True)
class Estimate:
    """What the corrections tell about one label.

    Attributes:
        classifier: that hears it.
        label: that was judged.
        precision: of all judged stretches.
        needed: at the threshold from which on stretches are right as often as asked; None: not
            known.
    """

    classifier: str
    label: str
    precision: Precision
    needed: Precision | None


def estimates(found: Iterable[Correction], precision: float) -> list[Estimate]:
    """Of each label that was judged, in order of classifiers and labels.

    Args:
        found: what was said.
        precision: that is wanted, 0 to 1.
    """
    judged: dict[tuple[str, str], list[Correction]] = {}
    for one in found:
        judged.setdefault((one.classifier, one.label), []).append(one)
    made = []
    for (classifier, label), some in sorted(judged.items()):
        everything = precision_at(some, -math.inf)
        assert everything is not None
        made.append(Estimate(classifier, label, everything, threshold_for(some, precision)))
    return made


def threshold_for(judged: Sequence[Correction], precision: float) -> Precision | None:
    """The lowest threshold from which on stretches are right so often, as far as is known.

    Its interval's lower end reaches ``precision``, and so do those of all higher thresholds that
    ten judged stretches or more speak for: a lucky streak among the lowest does not count.

    Args:
        judged: of one classifier and label.
        precision: wanted, 0 to 1.

    Returns:
        None: too few were judged, or no threshold reaches it.
    """
    best = None
    for threshold in sorted({one.probability for one in judged}, reverse=True):
        found = precision_at(judged, threshold)
        if found is None or found.judged < _FEWEST:
            continue
        if found.low >= precision:
            best = found
        elif best is not None:
            break
    return best
