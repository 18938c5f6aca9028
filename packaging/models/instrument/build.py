"""Makes the solo-instrument classifier of the student taught on all collections, and writes it.

    python packaging/models/run.py instrument.build WINDOWS FOLDS SHARED_DATA STUDENT.safetensors

WINDOWS is what ``instrument.windows``, FOLDS what ``instrument.judge.folds``, STUDENT what
``instrument.teach`` wrote: what was left out in FOLDS decides temperature, thresholds and the
gate's place here.
"""

import datetime
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from engine.classifier.card import Calibration, Card, DataSource, Part
from engine.classifier.classifier import Classifier
from engine.features import build_feature, describe_feature
from engine.networks import describe_network
from engine.networks.musicnn.trunk import MusicnnTrunk
from instrument.batches import Windows
from instrument.classes import FAMILIES, LABELS
from instrument.judge.folds import FAMILY, calibration_error
from instrument.student import WIDTH, Student, load_student
from instrument.teach import SEED
from instrument.windows import FEATURE_ARGUMENTS, FEATURE_NAME, MODEL_RATE, MUSICNN, WINDOW
from project import ROOT
from tags.weights import read_musicnn

OUT = ROOT / "resources" / "models"
HOP = 4000  # a quarter of a second
# Share of right answers among those said aloud, on collections left out: of labels, and of families
# where no label is said.
WANTED = 0.65
SOURCES = [
    DataSource(name="Philharmonia Orchestra sound samples", licence="free use, no resale"),
    DataSource(name="Karoryfer Weresax", licence="CC0"),
    DataSource(name="ToneJS instruments (recorded notes)", licence="CC BY 3.0"),
    DataSource(name="Frets on Fire guitar tracks", licence="CC BY-SA 3.0; MIT"),
    DataSource(
        name="FluidR3, MuseScore General and GeneralUser GS, rendered by synthesis",
        licence="MIT; MIT; free use",
    ),
    DataSource(
        name="TimGM6mb, Sonivox, Csound's bank and Airfont 320, rendered by synthesis",
        licence="GPL-2; Apache-2.0; public domain; GPL-2",
    ),
    DataSource(name="FreePats, rendered by synthesis", licence="GPL-2 with exception"),
    DataSource(name="Hydrogen's drum kits, Sonic Pi's samples", licence="GPL, CC; CC0"),
    DataSource(name="KLettres and KTuberling (speech, turned into singing)", licence="GPL-2+"),
    DataSource(
        name="Asterisk's prompts (speech, turned into singing)",
        licence="CC BY-SA 3.0, CC BY 3.0, GPL-2, BSD-like",
    ),
    DataSource(name="ESC-10 (sounds that are not music)", licence="CC BY 3.0", count=400),
    DataSource(
        name="Free Spoken Digit Dataset (sounds that are not music)", licence="CC BY-SA 4.0"
    ),
    DataSource(name="Music and sounds of free games in Debian", licence="GPL, CC BY-SA and others"),
    DataSource(name="MagnaTagATune, through musicnn's published weights", licence="weights: ISC"),
    DataSource(name="AudioSet, through EfficientAT mn04_as as teacher", licence="weights: MIT"),
]
LIMITS = (
    "For one instrument at a time. Trained mostly on sampled and single recorded notes, with few "
    "real phrases. On recordings from other sources, about every second prediction is correct; the "
    "family is correct more often. Weakest for closely related instruments (viola, cor anglais, "
    "bass clarinet and piccolo are confused with their relatives), within the brass family, and "
    "for single notes. Voices were learned from sampled choirs and from speech turned into "
    "singing: more than half of solo singing is taken for speech and therefore rejected. Sirens, "
    "whistles, bells and animals may be reported as an instrument or a voice."
)


def pooled(
    folds: Path,
) -> tuple[Tensor, NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Logits and truth of all that was left out, presence of music and of what is none."""
    parts = [np.load(path) for path in sorted(folds.glob("*.npz"))]
    logits = torch.from_numpy(np.concatenate([p["logits"] for p in parts]))
    truth, gates, silent = (
        np.concatenate([p[key] for p in parts]) for key in ("truth", "gates", "silent")
    )
    return logits, truth, gates, silent


def temperature_of(logits: Tensor, truth: NDArray[np.int64]) -> float:
    """Of least cross-entropy."""
    target = torch.from_numpy(truth)
    choices = np.exp(np.linspace(np.log(0.3), np.log(6), 80))
    cost = [torch.nn.functional.cross_entropy(logits / t, target).item() for t in choices]
    return float(choices[int(np.argmin(cost))])


def threshold_of(sure: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """The lowest at which those said aloud are right as often as wanted; at most 0.8."""
    for threshold in np.arange(0.3, 0.8, 0.01):
        said = sure >= threshold
        if said.any() and right[said].mean() >= WANTED:
            return round(float(threshold), 2)
    return 0.8


@dataclass(frozen=True)
class Presence:
    """What makes a student's gate a logit of presence: a factor, and what is then added."""

    slope: float
    bias: float

    @staticmethod
    def of(music: NDArray[np.float32], silent: NDArray[np.float32]) -> "Presence":
        """By logistic regression (Platt, 1999), music and the rest counted as equally frequent."""
        gates = np.concatenate([music, silent])[:, None]
        truth = np.repeat([1, 0], [len(music), len(silent)])
        found = LogisticRegression(class_weight="balanced").fit(gates, truth)
        return Presence(float(found.coef_[0, 0]), float(found.intercept_[0]))

    def passes(self, gates: NDArray[np.float32]) -> float:
        """Share of these that pass."""
        return float((self.slope * gates + self.bias > 0).mean())


def calibrated(folds: Path) -> tuple[Calibration, Presence, dict[str, float]]:
    """The calibration, that of the gate, and figures for the card."""
    logits, truth, gates, silent = pooled(folds)
    temperature = temperature_of(logits, truth)
    chances = (logits / temperature).softmax(1).numpy()
    threshold = threshold_of(chances.max(1), chances.argmax(1) == truth)
    sums = np.stack([chances[:, f == FAMILY].sum(1) for f in range(FAMILY.max() + 1)], axis=1)
    rest = chances.max(1) < threshold
    right = sums.argmax(1) == FAMILY[truth]
    family = threshold_of(sums.max(1)[rest], right[rest])
    presence = Presence.of(gates, silent)
    results = [json.loads(p.read_text()) for p in sorted(folds.glob("*.json"))]
    figures = {
        "left_out_accuracy": float(np.mean([r["dry"]["accuracy"] for r in results])),
        "left_out_accuracy_worn": float(np.mean([r["worn"]["accuracy"] for r in results])),
        "left_out_family": float(np.mean([r["dry"]["family"] for r in results])),
        "left_out_voted": float(np.mean([r["dry voted"]["accuracy"] for r in results])),
        "left_out_gate_auroc": float(np.mean([r["gate auroc"] for r in results])),
        "left_out_misses": 1 - presence.passes(gates),
        "left_out_false_alarms": presence.passes(silent),
        "left_out_calibration_error": calibration_error((logits / temperature).numpy(), truth),
        "said_aloud": float((chances.max(1) >= threshold).mean()),
    }
    calibration = Calibration(
        temperature=temperature,
        thresholds=[threshold] * len(LABELS),
        gate="music",
        family_threshold=family,
        smoothing_seconds=0.3,
    )
    return calibration, presence, figures


def assemble(student: Student, music: MusicnnTrunk, folds: Path) -> Classifier:
    """The classifier, calibrated by what was left out."""
    network, gate = student.shipped(music, WIDTH)
    calibration, presence, figures = calibrated(folds)
    feature = build_feature(FEATURE_NAME, FEATURE_ARGUMENTS)
    with torch.no_grad():
        gate.weight *= presence.slope
        gate.bias.copy_(gate.bias * presence.slope + presence.bias)
    card = Card(
        name="instrument",
        title="Instrument",
        description=f"Recognises which of {len(LABELS) - 1} instruments, or a voice, plays "
        "alone. Where it is unsure, it reports the family.",
        task="instrument",
        multi_label=False,
        labels=list(LABELS),
        families=[FAMILIES[label] for label in LABELS],
        rate_hz=MODEL_RATE,
        window_samples=WINDOW,
        hop_samples=HOP,
        feature=Part(**describe_feature(feature)),
        network=Part(**describe_network(network)),
        calibration=calibration,
        data=SOURCES,
        licence="Apache-2.0",
        credits="musicnn's trunk (J. Pons, X. Serra, 2019) beside a network of our own, taught by "
        "EfficientAT mn04_as (F. Schmid, K. Koutini, G. Widmer, 2023)",
        metrics=figures,
        limits=LIMITS,
        recipe={"scripts": "instrument.build", "seed": SEED},
        versions={"torch": torch.__version__.split("+")[0]},
        date=datetime.date.today().isoformat(),
    )
    return Classifier(card, feature, network, gate)


def main() -> None:
    torch.set_num_threads(1)
    folder, folds, shared, kept = (Path(name) for name in sys.argv[1:5])
    windows = Windows.read(folder, sorted(path.stem for path in folder.glob("*.npz")))
    student = load_student(kept, windows)
    classifier = assemble(student, read_musicnn(shared / MUSICNN)[0], folds)
    assert classifier.card.recipe is not None
    with safe_open(kept, "pt") as file:
        classifier.card.recipe["steps"] = int(file.metadata()["steps"])
    classifier.save(OUT / "instrument.safetensors")
    for name, value in classifier.card.metrics.items():
        sys.stdout.write(f"{name}: {value:.3f}\n")


if __name__ == "__main__":
    main()
