"""What teaching ends in: a classifier like any other, and a data set with its provenance."""

import datetime
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine.classifier.card import Calibration, Card, DataSource, Part
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.datasets.corpora.manifest import save as save_table
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import AudioError, DataError
from engine.networks import describe_network
from engine.networks.by_example import ByExample
from engine.search.ear import SearchEar, read_stretch
from engine.search.projection import Projection, Vectors
from engine.search.teaching import SHARPNESS, Estimate, Fitted, Mark, learn

OTHERS = "other"
_MOST_LABEL = 100
_MOST_WINDOWS = 1000  # learned from


@dataclass(frozen=True)
class Taught:
    """What was saved.

    Attributes:
        name: of the classifier, as commands call it.
        path: its file.
        dataset: the folder of the data set; None: none was wanted.
        problems: stretches that could not be read, and are not in it.
    """

    name: str
    path: Path
    dataset: Path | None
    problems: Sequence[str]


def checked_label(label: str) -> str:
    """A label without needless spaces.

    Raises:
        DataError: it is empty, too long, or the name of everything else.
    """
    label = " ".join(label.split())
    if not label or len(label) > _MOST_LABEL:
        raise DataError(f"A class needs a name of 1 to {_MOST_LABEL} characters.")
    if label.casefold() == OTHERS:
        raise DataError(f"'{OTHERS}' is everything that is not the class. Choose another name.")
    return label


def save_taught(
    ear: SearchEar,
    label: str,
    marks: Sequence[Mark],
    estimate: Estimate,
    *,
    catalog: Catalog | None = None,
    dataset: Path | None = None,
) -> Generator[float, None, Taught]:
    """Hear what was marked again, window by window, and save what is learned from it.

    Args:
        ear: that the index was made with.
        label: of the class.
        marks: the oldest first.
        estimate: of its precision, for the card.
        catalog: where the classifier goes; None: the user's.
        dataset: a new folder for the data set.

    Yields:
        The share done.

    Raises:
        DataError: nothing was marked as the class or none of it can be read any more, or the folder
            is there already.
        ModelError: the classifier cannot be saved.
    """
    label = checked_label(label)
    if dataset is not None and dataset.exists():
        raise DataError(f"{dataset} exists already. Choose another folder.")
    sure = [one for one in marks if one.says != "unsure"]
    if not any(one.says == "yes" for one in sure):
        raise DataError(f"No stretch is marked as '{label}' yet. Mark at least one.")
    heard = yield from _hear_again(ear, sure)
    if not any(heard.says):
        why = heard.problems[0] if heard.problems else "There is only silence where they were."
        raise DataError(f"No stretch marked as '{label}' can be read any more. {why}")
    fitted = learn(*_some(np.concatenate(heard.parts), heard.says, heard.stretches))
    classifier = _classifier(ear.classifier, ear.projection, fitted, label)
    classifier.card = _card(classifier.card, ear.classifier.card.name, label, heard.marks, estimate)
    catalog = catalog or Catalog()
    path = _free(catalog, classifier.card.name)
    classifier.card = classifier.card.model_copy(update={"name": path.stem})
    classifier.save(path)
    catalog.reset(path.stem)  # thresholds of one that had this name before
    if dataset is not None:
        _save_dataset(dataset, label, heard.marks)
    return Taught(path.stem, path, dataset, heard.problems)


@dataclass(frozen=True)
class _Heard:
    """Windows of marked stretches, whether each is the class, and what could not be read."""

    parts: list[Vectors]
    says: list[bool]
    stretches: list[int]
    marks: list[Mark]
    problems: list[str]


def _hear_again(ear: SearchEar, marks: Sequence[Mark]) -> Generator[float, None, _Heard]:
    heard = _Heard([], [], [], [], [])
    for number, mark in enumerate(marks):
        yield number / (len(marks) + 1)
        hit = mark.hit
        try:
            sound = read_stretch(hit.path, hit.start_seconds, hit.end_seconds - hit.start_seconds)
        except AudioError as error:
            heard.problems.append(str(error))
            continue
        embeddings = ear.embed(ear.windows(sound))
        heard.parts.append(ear.projection(embeddings))
        heard.says.extend([mark.says == "yes"] * len(embeddings))
        heard.stretches.extend([number] * len(embeddings))
        heard.marks.append(mark)
    return heard


def _some(
    vectors: Vectors, says: Sequence[bool], stretches: Sequence[int]
) -> tuple[Vectors, list[bool], list[int]]:
    """Evenly spread ones of too many windows: more would take seconds, live too."""
    chosen = np.linspace(0, len(says) - 1, min(len(says), _MOST_WINDOWS)).round().astype(int)
    some = chosen.tolist()
    return vectors[chosen], [says[n] for n in some], [stretches[n] for n in some]


def _classifier(base: Classifier, projection: Projection, fitted: Fitted, label: str) -> Classifier:
    """The head on the trunks of the base, which are shared where both listen."""
    network = ByExample(
        base=describe_network(base.network),
        numbers=len(projection.components),
        points=len(fitted.points),
        sharpness=SHARPNESS,
    )
    network.base = base.network
    with torch.no_grad():
        for buffer, values in (
            (network.mean, projection.mean),
            (network.components, projection.components),
            (network.points, fitted.points),
            (network.shifts, fitted.shifts),
            (network.rest, np.asarray([fitted.rest], dtype=np.float32)),
        ):
            buffer.copy_(torch.from_numpy(np.ascontiguousarray(values)))
    card = base.card.model_copy(
        update={
            "name": "taught",
            "title": label,
            "task": "other",
            "multi_label": True,
            "labels": [label],
            "families": None,
            "network": Part(name="by_example", arguments=network.arguments()),
            "calibration": Calibration(thresholds=[0.5]),
        }
    )
    return Classifier(card, base.feature, network)


def _card(card: Card, base: str, label: str, marks: Sequence[Mark], estimate: Estimate) -> Card:
    yes = sum(one.says == "yes" for one in marks)
    files = len({one.hit.path for one in marks})
    precision = "Its precision was not estimated."
    metrics = {}
    if estimate.share is not None:
        precision = (
            f"Of {estimate.audited} stretches drawn at random from those that it reported, "
            f"{estimate.right} were right (95 % interval {100 * estimate.low:.0f} to "
            f"{100 * estimate.high:.0f} %), while it was still being taught."
        )
        metrics = {"precision": estimate.share, "precision_low": estimate.low}
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60]
    return card.model_copy(
        update={
            "name": slug or "taught",
            "description": (
                f"Detects '{label}', taught in an archive by marking stretches: {yes} are it, "
                f"{len(marks) - yes} are not, in {files} files. {precision} It listens with the "
                f"trunks of '{base}'."
            ),
            "limits": (
                "It knows what the archive holds that it was taught in. It was not judged on "
                "other recordings."
            ),
            "data": [
                DataSource(
                    name=f"{len(marks)} marked stretches of {files} files", licence="not known"
                ),
                *card.data,
            ],
            "metrics": metrics,
            "recipe": None,
            "date": datetime.date.today().isoformat(),
        }
    )


def _free(catalog: Catalog, name: str) -> Path:
    taken = {entry.name for entry in catalog.entries()} | {p.stem for p in catalog.broken()}
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return catalog.folder / f"{found}.safetensors"


def _save_dataset(folder: Path, label: str, marks: Sequence[Mark]) -> None:
    """A table that trainings and the Sounds page read; the sounds stay where they are."""
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    rows = [
        Excerpt(
            path=str(one.hit.path),
            label=label if one.says == "yes" else OTHERS,
            group=str(one.hit.path),
            start=round(one.hit.start_seconds, 3),
            end=round(one.hit.end_seconds, 3),
            extra={
                "chosen": one.reason,
                "probability": "" if one.probability is None else f"{one.probability:.3f}",
                "saved": now,
            },
        )
        for one in marks
    ]
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise DataError(f"{folder} cannot be made: {error.strerror}.") from error
    about = About(f"marks of {label}")
    save_table(Dataset(about, folder, tuple(rows)), folder / "manifest.csv")
