"""A classifier with the corrections of its user, and without them."""

import datetime
import re
import statistics
from pathlib import Path
from typing import Any

import torch

from engine.classifier.card import Card, Part
from engine.classifier.classifier import Classifier
from engine.classifier.personal.card import PersonalCard
from engine.classifier.personal.store import Kept, PersonalStore
from engine.errors import ModelError
from engine.networks import describe_network
from engine.networks.personal import Personal


def corrected_card(card: Card, personal: PersonalCard) -> Card:
    """The card of a classifier once it is corrected: more labels, calibrated by its network.

    Raises:
        ModelError: the corrections are of other labels.
    """
    if personal.known != card.labels:
        raise ModelError(f"The corrections of '{personal.name}' do not fit its labels.")
    more = personal.labels[len(card.labels) :]
    typical = statistics.median(card.calibration.thresholds)
    calibration = card.calibration.model_copy(
        update={
            "temperature": 1.0,
            "scale": None,
            "bias": None,
            "thresholds": [*card.calibration.thresholds, *(typical for _ in more)],
        }
    )
    changes: dict[str, Any] = {
        "title": f"{card.title}, corrected"[:1000],
        "labels": personal.labels,
        "calibration": calibration,
    }
    if card.families is not None:
        changes["families"] = [*card.families, *more]
    return card.model_copy(update=changes)


def corrected(base: Classifier, kept: Kept) -> Classifier:
    """A classifier with its corrections; trunks, feature and gate are shared with the one given.

    Raises:
        ModelError: the corrections do not fit the classifier.
    """
    head, personal = kept.head, kept.card
    if len(head.centre) != base.network.embedding_size:
        raise ModelError(f"The corrections of '{personal.name}' do not fit its network.")
    card = corrected_card(base.card, personal)
    network = Personal(
        base=describe_network(base.network),
        classes=len(card.labels),
        points=len(head.points),
        several=card.multi_label,
        sharpness=personal.sharpness,
    )
    network.base = base.network
    scale, bias = base.calibration
    with torch.no_grad():
        for buffer, value in (
            (network.scale, scale),
            (network.bias, bias),
            (network.centre, head.centre),
            (network.spread, head.spread),
            (network.points, head.points),
            (network.shifts, head.shifts),
        ):
            buffer.copy_(value)
    device = base.calibration[0].device
    part = Part(name="personal", arguments=network.arguments())
    card = card.model_copy(update={"network": part})
    found = Classifier(card, base.feature, network.to(device), base.gate)
    found.sha256 = base.sha256
    found.revision = personal.revision
    found.corrections = tuple(correction.words for correction in personal.corrections)
    found.taught = frozenset(c.label for c in personal.corrections if c.label)
    return found


def uncorrected(classifier: Classifier, card: Card) -> Classifier:
    """The classifier that was corrected, as it was before.

    Args:
        classifier: with corrections or without.
        card: of its file.
    """
    network = classifier.network
    if not classifier.revision or not isinstance(network, Personal):
        return classifier
    base = Classifier(card, classifier.feature, network.base, classifier.gate)
    base.sha256 = classifier.sha256
    return base


def save_corrected(base: Classifier, store: PersonalStore, path: Path) -> None:
    """Save a classifier with its corrections as a file of its own, named after the file.

    Args:
        base: without corrections.
        store: where its corrections are kept.
        path: where to.

    Raises:
        ModelError: there are none, or it cannot be written.
    """
    kept = store.read(base.sha256 or "")
    if kept is None:
        raise ModelError(f"There are no corrections of '{base.card.name}'.")
    found = corrected(base, kept)
    found.card = _own_card(found.card, base.card, kept.card, path)
    found.save(path)


def _own_card(card: Card, base: Card, personal: PersonalCard, path: Path) -> Card:
    count = len(personal.corrections)
    listed = "; ".join(dict.fromkeys(correction.words for correction in personal.corrections))
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:90]
    return card.model_copy(
        update={
            "name": name if name and name != base.name else f"{base.name}-corrected"[:100],
            "description": (
                f"'{base.name}' (SHA-256 {personal.base}) with {count} "
                f"correction{'' if count == 1 else 's'} by its user: {listed}.\n\n"
                f"{base.description}"
            )[:100_000],
            "limits": f"It was not judged after its corrections. {base.limits}".strip()[:100_000],
            "metrics": {},
            "date": datetime.date.today().isoformat(),
        }
    )
