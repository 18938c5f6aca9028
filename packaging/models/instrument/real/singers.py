"""Finds what lets singers pass whom `instrument`'s gate takes for speakers, and adds it.

    python packaging/models/run.py instrument.real.singers HEARD [OUT.safetensors]

HEARD is what ``instrument.real.hear --plain`` wrote of ravdess-song and ravdess-speech (the same
sentences sung and spoken by the same people), spoken, fsdd and esc10. The bundled classifier gets a
second gate, logistic regression on what its trunks hear; presence is that of either. Judged first
with each fifth of the people left out, women and men in every fifth: RAVDESS gave odd numbers to
men and even ones to women, and who learned from men alone takes women who speak for singers. The
place of the gate is that at which of speech and of surroundings left out only so much passes as
``ALLOWED``, averaged over time as the application does. RAVDESS is licensed for non-commercial use:
a build for commercial use leaves this step out. Prints what passes; writes OUT if it is named.
"""

import datetime
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cards import with_script
from engine.classifier.card import DataSource, Part
from engine.classifier.classifier import Classifier
from engine.networks import describe_network
from engine.networks.musicnn.mobile import MusicnnMobile
from instrument.gate import regression
from instrument.real.answers import embeddings_of
from instrument.student import LEAST_DEVIATION
from project import ROOT

BUNDLED = ROOT / "resources" / "models" / "instrument.safetensors"
SINGERS, SPEAKERS = "ravdess-song", "ravdess-speech"
# Sources and how heavy each is; the first is what is looked for.
WEIGHTS = {SINGERS: 1.0, SPEAKERS: 0.6, "esc10": 0.6, "spoken": 0.3, "fsdd": 0.2}
# What the card says of singers without and with the second gate.
LIMIT = "more than half of solo singing is taken for speech and therefore rejected"
LIMIT_NOW = (
    "a fourth of the seconds of solo singing is rejected as speech in the one studio where it was "
    "measured, and more may be elsewhere"
)
NON_COMMERCIAL = (
    ". Some of the recordings that it learned from are licensed for non-commercial use: RAVDESS"
)
ALLOWED = {SPEAKERS: 0.035, "esc10": 0.04}
FOLDS = 5
_SHRINKAGE = 2e-3
_QUIETEST = -60.0
_BORDERS = np.arange(-2.0, 6.01, 0.1)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """Windows of one source.

    Attributes:
        embeddings: (windows, size).
        gates: logit of the gate that there is, (windows,).
        recordings: number of each window's recording.
        folds: in which part each window is left out.
        loud: whether it is learned from and counted.
    """

    embeddings: Tensor
    gates: Array
    recordings: NDArray[np.int64]
    folds: NDArray[np.int64]
    loud: NDArray[np.bool_]


def person_of(source: str, name: str) -> int:
    """The part in which a recording is left out: of RAVDESS by actor, of ESC-10 its folds."""
    actor = re.search(r"actor(\d+)", name)
    if actor is not None:
        # Couples of a man and a woman.
        return (int(actor[1]) + 1) // 2 % FOLDS
    if source == "esc10":
        return int(Path(name).name[0]) % FOLDS
    return sum(name.split("/")[1].encode()) % FOLDS


def read(folder: Path, source: str, classifier: Classifier) -> Source:
    """One source, as a classifier hears it."""
    file, network = np.load(folder / f"{source}.npz"), classifier.network
    assert isinstance(network, MusicnnMobile)
    assert classifier.gate is not None
    features, music = (torch.from_numpy(file[key]) for key in ("features", "music"))
    embeddings = embeddings_of(network, features, music)
    with torch.inference_mode():
        gates = classifier.gate(embeddings)[:, 0].double().numpy()
    rows = file["rows"]
    people = np.asarray([person_of(source, str(name)) for name in file["names"]])
    return Source(
        embeddings,
        gates,
        np.repeat(np.arange(len(rows)), rows),
        np.repeat(people, rows),
        file["levels"] > _QUIETEST,
    )


def learned(sources: dict[str, Source], without: int | None) -> nn.Linear:
    """Logistic regression of singing against all else, without one part.

    Args:
        sources: by name, as in ``WEIGHTS``.
        without: which part; None: none.
    """
    values, truth, share = [], [], []
    for name, source in sources.items():
        chosen = torch.from_numpy(source.loud & (source.folds != without))
        count = int(chosen.sum())
        values.append(source.embeddings[chosen])
        truth.append(torch.full((count,), float(name == SINGERS)))
        share.append(torch.full((count,), WEIGHTS[name] / count))
    rows = torch.cat(values)
    mean, deviation = rows.mean(0), rows.std(0)
    lively = deviation > LEAST_DEVIATION
    scaled = (rows - mean)[:, lively] / deviation[lively]
    weight = torch.cat(share)
    found = regression(scaled, torch.cat(truth), weight / weight.sum(), _SHRINKAGE)
    whole = nn.Linear(rows.shape[1], 1)
    with torch.no_grad():
        whole.weight.zero_()[:, lively] = found.weight / deviation[lively]
        whole.bias.copy_(found.bias - whole.weight @ mean)
    return whole.requires_grad_(False)


def passing(logits: Array, source: Source, seconds: float, threshold: float) -> float:
    """Share of windows that pass when presence is averaged over time, as in ``EvidenceAdder``."""
    keep = np.exp(-0.25 / seconds)
    limits = np.clip(logits, -4.0, 4.0)
    passed, total, weight, before = [], 0.0, 0.0, -1
    for value, recording, loud in zip(limits, source.recordings, source.loud, strict=True):
        if recording != before:
            total, weight, before = 0.0, 0.0, recording
        total, weight = keep * total, keep * weight
        if loud:
            total, weight = total + value, weight + 1.0
            passed.append(total / weight >= np.log(threshold / (1 - threshold)))
    return float(np.mean(passed))


def either(gates: Array, singers: Array) -> Array:
    """Logit of a presence that is of music or of singers."""
    return np.asarray(np.logaddexp(gates, singers))


def border_of(
    sources: dict[str, Source], singers: dict[str, Array], seconds: float, threshold: float
) -> float:
    """The lowest place of the gate at which no more passes than is allowed, left out."""
    for border in _BORDERS:
        shares = {
            name: passing(
                either(sources[name].gates, singers[name] - border),
                sources[name],
                seconds,
                threshold,
            )
            for name in ALLOWED
        }
        if all(share <= ALLOWED[name] for name, share in shares.items()):
            return float(border)
    return float(_BORDERS[-1])


def with_singers(before: Classifier, singers: nn.Linear, figures: dict[str, float]) -> Classifier:
    """The classifier with a second gate, and what is said of it on the card.

    Args:
        before: has none, or one that is replaced.
        singers: logit that somebody sings.
        figures: for the card.
    """
    old, gate = before.network, before.gate
    assert isinstance(old, MusicnnMobile)
    assert gate is not None
    assert old.second is None, "singers come before a second mobile network"
    network = MusicnnMobile(**{**old.arguments(), "singers": True})
    network.load_state_dict(old.state_dict(), strict=False)
    assert network.singers is not None
    with torch.no_grad():
        network.singers.weight.copy_(singers.weight - gate.weight)
        network.singers.bias.copy_(singers.bias - gate.bias)
    source = DataSource(
        name="RAVDESS, song and speech (Livingstone and Russo, 2018)",
        licence="CC BY-NC-SA 4.0 (non-commercial)",
        count=464,
    )
    others = [one for one in before.card.data if one.name != source.name]
    card = before.card.model_copy(
        update={
            "network": Part(**describe_network(network)),
            "recipe": with_script(before.card, "instrument.real.singers"),
            "data": [*others, source],
            "limits": before.card.limits.replace(LIMIT, LIMIT_NOW),
            "credits": before.card.credits.removesuffix(NON_COMMERCIAL) + NON_COMMERCIAL,
            "date": datetime.date.today().isoformat(),
            "metrics": {**before.card.metrics, **figures},
        }
    )
    return Classifier(card, before.feature, network.eval(), gate)


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    before = Classifier.load(BUNDLED).eval()
    rules = before.card.rules()
    assert rules.evidence is not None
    seconds, threshold = rules.evidence.presence_seconds, rules.presence_threshold
    sources = {name: read(Path(words[0]), name, before) for name in WEIGHTS}
    singers = {name: np.zeros(len(source.gates)) for name, source in sources.items()}
    for fold in range(FOLDS):
        found = learned(sources, fold)
        for name, source in sources.items():
            mine = source.folds == fold
            said = found(source.embeddings[torch.from_numpy(mine)])[:, 0]
            singers[name][mine] = said.double().numpy()
    border = border_of(sources, singers, seconds, threshold)
    sys.stdout.write(f"border {border:.2f}\n| windows | before | singers | either |\n")
    figures = {}
    for name, source in sources.items():
        logits = source.gates, singers[name] - border, either(source.gates, singers[name] - border)
        shares = [passing(one, source, seconds, threshold) for one in logits]
        sys.stdout.write(f"| {name} | " + " | ".join(f"{100 * x:.1f}" for x in shares) + " |\n")
        figures[name] = round(shares[2], 3)
    found = learned(sources, None)
    with torch.no_grad():
        found.bias.sub_(border)
    kept = {
        "left_out_singers_pass": figures[SINGERS],
        "left_out_speakers_pass": figures[SPEAKERS],
    }
    if len(words) > 1:
        with_singers(before, found, kept).save(Path(words[1]))


if __name__ == "__main__":
    main()
