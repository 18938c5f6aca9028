"""Makes `instrument` of the student that went on learning by all players, and writes it.

    python packaging/models/run.py instrument.real.build SHARED_DATA WINDOWS STUDENT DECISIONS

WINDOWS and STUDENT are what ``hear``, ``mixtures``, ``synthetic`` and ``learn`` wrote, DECISIONS is
what ``real/judge.py`` found by players left out. ``--start=FILE`` names the classifier of before,
as for ``learn``.
"""

import datetime
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import nn

from engine.classifier.card import Calibration, Card, DataSource, Part
from engine.classifier.classifier import Classifier
from engine.features import describe_feature
from engine.networks import describe_network
from engine.networks.musicnn.mobile import MusicnnMobile
from instrument.build import HOP, OUT, SOURCES
from instrument.classes import FAMILIES, LABELS
from instrument.judge.certainty import PRESENCE, Found, evidence_of
from instrument.real.answers import student
from instrument.real.learn import SEED, embeddings_of
from instrument.real.readers import WEIGHTS, learned, network_of, trunk_of
from instrument.real.tuning import Tuned
from instrument.real.windows import read_all, thinned
from instrument.teacher.network import Teacher
from instrument.windows import MODEL_RATE, WINDOW

PLAYERS = [
    DataSource(name="FSDKaggle2018 (Freesound)", licence="CC BY 3.0, CC BY 4.0, CC0", count=300),
    DataSource(name="mtg-solosax (Music Technology Group)", licence="CC BY 4.0", count=107),
    DataSource(
        name="Karoryfer: Shiny Guitar, Emily Guitar, double bass, War Tuba",
        licence="CC0",
        count=511,
    ),
    DataSource(name="Packs of seven players on Freesound", licence="CC0, CC BY 4.0", count=212),
    DataSource(name="University of Iowa Musical Instrument Samples", licence="free use", count=284),
    DataSource(name="Etherealwinds Harp (Versilian)", licence="CC BY 4.0", count=73),
    DataSource(name="Ixox flute", licence="CC BY 4.0", count=72),
    DataSource(name="Kay banjo; Ganjo", licence="GPL-3; CC0", count=141),
    DataSource(name="Rickenbacker 4001", licence="CC BY-NC-SA 3.0 (non-commercial)", count=99),
    DataSource(name="G-Town Church samples", licence="CC Sampling Plus 1.0", count=198),
    DataSource(name="Berklee sounds for One Laptop per Child", licence="CC BY 3.0", count=226),
    DataSource(
        name="RAVDESS, song and speech (Livingstone and Russo, 2018)",
        licence="CC BY-NC-SA 4.0 (non-commercial)",
        count=464,
    ),
    DataSource(
        name="emotify (Aljanaki, Wiering and Veltkamp, 2015), through the teacher",
        licence="CC BY-NC-SA, for research (non-commercial)",
        count=317,
    ),
    DataSource(name="KLettres, Asterisk (speech)", licence="GPL-2+; CC BY-SA 3.0"),
]
LIMITS = (
    "Of some instruments no real player was learned from (accordion, piccolo, distorted guitar), "
    "of others one or two: electric guitar and bass, tuba, harpsichord, mandolin. Single notes are "
    "much harder than phrases, and in mixtures quiet parts are missed."
)


def calibrate(network: MusicnnMobile, gate: nn.Linear, tuned: Tuned) -> None:
    """Put into the network what makes its logits those of chances."""
    assert network.together is not None
    assert network.crowd is not None
    with torch.no_grad():
        for layer, slope, offset in (
            (network.output, 1 / tuned.temperature, 0.0),
            (network.crowd, *tuned.crowd),
            (network.together, tuned.together[0], tuned.together[1] + tuned.shift),
            (gate, *tuned.gate),
        ):
            layer.weight *= slope
            layer.bias.copy_(layer.bias * slope + offset)


def decisions(path: Path) -> tuple[Tuned, Found, dict[str, float]]:
    """As ``real/judge.py`` wrote them."""
    kept: dict[str, Any] = json.loads(path.read_text())
    pairs = {key: tuple(kept["tuned"][key]) for key in ("crowd", "together", "gate")}
    tuned = Tuned(**{**kept["tuned"], **pairs})
    found = Found(**{**kept["found"], "thresholds": np.asarray(kept["found"]["thresholds"])})
    return tuned, found, kept["figures"]


def calibration_of(found: Found) -> Calibration:
    """The card's."""
    return Calibration(
        thresholds=[round(float(t), 2) for t in found.thresholds],
        gate="music",
        presence_threshold=PRESENCE.threshold,
        family_threshold=round(found.family, 2),
        smoothing_seconds=0.3,
        evidence=evidence_of(found, PRESENCE),
    )


def card_of(
    before: Classifier, network: MusicnnMobile, found: Found, figures: dict[str, float], steps: int
) -> Card:
    """All that is not a tensor."""
    return Card(
        name="instrument",
        title="Instrument",
        description=f"Recognises {len(LABELS) - 1} instruments and the singing voice, alone or "
        "several at once. Where it is unsure of one alone, it reports the family.",
        task="instrument",
        multi_label=True,
        labels=list(LABELS),
        families=[FAMILIES[label] for label in LABELS],
        rate_hz=MODEL_RATE,
        window_samples=WINDOW,
        hop_samples=HOP,
        feature=Part(**describe_feature(before.feature)),
        network=Part(**describe_network(network)),
        calibration=calibration_of(found),
        data=[*SOURCES, *PLAYERS],
        licence="Apache-2.0",
        credits="musicnn's trunk (J. Pons, X. Serra, 2019) beside a network of our own, taught by "
        "EfficientAT mn04_as (F. Schmid, K. Koutini, G. Widmer, 2023). Some of the recordings that "
        "it learned from are licensed for non-commercial use: RAVDESS, emotify and the "
        "Rickenbacker bass",
        metrics=figures,
        limits=LIMITS,
        recipe={
            "script": "packaging/models/instrument/real/build.py",
            "seed": SEED,
            "steps": steps,
        },
        versions={"torch": torch.__version__.split("+")[0]},
        date=datetime.date.today().isoformat(),
    )


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, folder, kept, path = (Path(word) for word in words[:4])
    start = [Path(w.removeprefix("--start=")) for w in sys.argv if w.startswith("--start=")]
    before = Classifier.load((start or [OUT / "instrument.safetensors"])[0]).eval()
    pool = thinned(read_all(folder, Teacher(shared / "efficientat-mn04").labels))
    old = embeddings_of(trunk_of(before), pool.features)
    learner = student(kept, before)
    readers = learned(learner, before, pool, np.ones(len(pool), bool), old)
    network, gate = network_of(before, learner, readers, WEIGHTS)
    tuned, found, figures = decisions(path)
    calibrate(network, gate, tuned)
    with safe_open(kept, "pt") as file:
        steps = int(file.metadata()["steps"])
    card = card_of(before, network, found, figures, steps)
    Classifier(card, before.feature, network, gate).save(OUT / "instrument.safetensors")
    sys.stdout.write(f"{replace(found, thresholds=np.round(found.thresholds, 2))}\n")


if __name__ == "__main__":
    main()
