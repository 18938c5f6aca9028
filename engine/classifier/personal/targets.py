"""What corrected windows, and windows that are to stay, are to be answered with."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.classifier.classifier import Classifier
from engine.classifier.personal.card import Correction
from engine.classifier.personal.head import Taught
from engine.networks.personal import with_unknown

_SURE, _HARDLY = 0.97, 0.02  # probabilities that are taught


@torch.inference_mode()
def taught(
    base: Classifier, correction: Correction, embeddings: Tensor, labels: Sequence[str]
) -> Taught:
    """The windows of a correction with what is to be said of them.

    Args:
        base: without corrections.
        correction: what the user said of them.
        embeddings: (windows, size).
        labels: all, the base's first.
    """
    several = base.card.multi_label
    logits, presence = _known(base, embeddings)
    targets = _chances(logits, len(labels), several=several)
    for label in correction.said:
        if label not in labels:
            continue  # of a class whose own corrections were taken back: nobody says it any longer
        column = targets[:, labels.index(label)]
        column.clamp_(max=_HARDLY if several else 0.0)
    if correction.kind == "is":
        _name(targets, labels.index(correction.label), several=several)
    elif several and correction.kind == "nothing":
        targets.clamp_(max=_HARDLY)
    if not several:
        targets /= targets.sum(1, keepdim=True).clamp(min=1e-9)
    present = presence.sigmoid()
    if base.gate is not None and correction.kind == "is":
        present = present.clamp(min=_SURE)
    elif base.gate is not None and correction.kind == "nothing":
        present = present.clamp(max=_HARDLY)
    return Taught(embeddings, logits, presence, targets, present, torch.ones(len(embeddings)))


@torch.inference_mode()
def to_stay(base: Classifier, embeddings: Tensor, labels: Sequence[str]) -> Taught:
    """Windows whose answers are to stay as they are."""
    logits, presence = _known(base, embeddings)
    targets = _chances(logits, len(labels), several=base.card.multi_label)
    weights = torch.ones(len(embeddings))
    return Taught(embeddings, logits, presence, targets, presence.sigmoid(), weights)


@torch.inference_mode()
def joined(parts: Sequence[Taught]) -> Taught:
    """All windows of several lessons."""
    return Taught(*(torch.cat(each) for each in zip(*(_fields(p) for p in parts), strict=True)))


def _fields(one: Taught) -> tuple[Tensor, ...]:
    return (one.embeddings, one.logits, one.presence, one.targets, one.present, one.weights)


def _name(targets: Tensor, index: int, *, several: bool) -> None:
    """Make one label nearly certain, in place."""
    if several:
        targets[:, index].clamp_(min=_SURE)
        return
    targets[:, index] = 0.0
    rest = targets.sum(1, keepdim=True)
    targets *= (1.0 - _SURE) / rest.clamp(min=1e-9)
    targets[:, index] = _SURE


def _known(base: Classifier, embeddings: Tensor) -> tuple[Tensor, Tensor]:
    """The base's calibrated logits, and its gate's logit, 0 where it has none."""
    logits = base.logits(embeddings)
    presence = base.network.presence(embeddings)
    if base.gate is not None:
        presence = presence + base.gate(embeddings)[:, 0]
    return logits, presence


def _chances(logits: Tensor, count: int, *, several: bool) -> Tensor:
    logits = with_unknown(logits, count, several)
    return logits.sigmoid() if several else logits.softmax(1)
