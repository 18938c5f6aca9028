"""What `instruments-in-music` says of the mixtures that judge, made anew and heard by it.

    python packaging/models/run.py instrument.together.rival CELLS MIXTURES [CLASSIFIER]

CELLS is what ``instrument.together.cells`` wrote, MIXTURES what ``instrument.together.mixtures``
did; CLASSIFIER a file (the bundled `instruments-in-music` where it is left out). Writes
``MIXTURES/rival.npz``: ``heard``, of each of the first 200 mixtures of the part "held" the labels
of the verdict; a window each second.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis
from engine.recognition.decisions import decide
from engine.recognition.timeline import concatenate
from engine.recognition.verdict import verdict_on
from instrument.together.mixtures import Players, Samples, at_level, drawn_number, rng_of
from instrument.windows import MODEL_RATE
from project import ROOT

PART = "held"


def said(classifier: Classifier, sound: Samples) -> str:
    """The labels of the verdict, with semicolons between."""
    analysis = Analysis({"rival": classifier}, MODEL_RATE, hop_seconds=1.0)
    parts = [part["rival"] for part in (analysis.push(sound), analysis.finish())]
    line, rules = concatenate(parts), classifier.card.rules()
    return ";".join(verdict_on(line, decide(line, rules), rules).heard)


def main() -> None:
    torch.set_num_threads(1)
    cells, mixtures = Path(sys.argv[1]), Path(sys.argv[2])
    bundled = ROOT / "resources" / "models" / "instruments-in-music.safetensors"
    classifier = Classifier.load(Path(sys.argv[3]) if len(sys.argv) > 3 else bundled).eval()
    rng = rng_of(PART, 0)
    players = Players(cells, PART, rng)
    heard = []
    for number in np.load(mixtures / f"{PART}-0.npz")["numbers"]:
        assert drawn_number(PART, rng) == number, "the mixtures were made by other cells"
        heard.append(said(classifier, at_level(players.mixture(int(number))[0], rng).sum(0)))
    np.savez(mixtures / "rival.npz", heard=np.asarray(heard))


if __name__ == "__main__":
    main()
