"""Decisions of a regression as curves."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from desktop.plots.values.track import ValueCurves
from engine.recognition.decisions import Decision

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier


def curves_of(
    decisions: Mapping[str, Sequence[Decision]],
    hops: Mapping[str, float],
    classifiers: "Mapping[str, Classifier]",
) -> dict[str, ValueCurves]:
    """The values over time of those classifiers that give values; gaps where they mean nothing.

    Args:
        decisions: by classifier, in order of time.
        hops: seconds from row to row, by classifier.
        classifiers: by name.
    """
    found = {}
    for name, classifier in classifiers.items():
        card, rows = classifier.card, decisions.get(name, ())
        if card.ranges is None:
            continue
        values = [[c.probability if not c.reason else np.nan for c in d.candidates] for d in rows]
        found[name] = ValueCurves(
            tuple(card.labels),
            tuple(card.ranges),
            np.asarray([decision.time for decision in rows], dtype=np.float64),
            np.asarray(values, dtype=np.float64).reshape(len(rows), len(card.labels)),
            hops.get(name, 1.0),
        )
    return found
