"""Judges an instrument classifier on clips of other players that no training sees.

    python packaging/models/run.py instrument.judge.clips DOWNLOADS OUT.json [CLASSIFIER]

DOWNLOADS/clips/ holds, of Debian: ``gcompris/instruments.rcc`` (gcompris-qt-data, GPL-3),
``qabcs/*.ogg`` (the noises of qabcs-data, CC0 and public domain) and ``tuxpaint/*.ogg`` (stamps of
music of tuxpaint-stamps-default, GPL-2), ``cyclone/violin.wav`` (pd-cyclone, BSD); of PyPI:
``pyo/flute.aif`` (pyo 1.1.0, LGPL-3), ``vocadito/*.wav`` (two singers of the data set vocadito, CC
BY 4.0, in basic-pitch 0.4.0) and ``dagstuhl/quartet.wav`` (Dagstuhl ChoirSet, CC BY 4.0, in libsoni
1.1.0, ``DCS_LI_QuartetA_Take04_StereoReverb_STM.wav``): an instrument each, a second to twelve, by
many hands in many rooms. Counts windows of 1 s every quarter of a second that are not silent.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PySide6.QtCore import QFile, QResource

from engine.classifier.classifier import Classifier
from instrument.classes import FAMILIES, LABELS
from instrument.sounds.play import load
from project import ROOT

RATE, WINDOW, HOP = 16000, 16000, 4000
CLIPS = {
    "gcompris": {
        "accordion": "accordion",
        "banjo": "banjo",
        "bongo": "drums",
        "castanets": "drums",
        "cello": "cello",
        "clarinet": "clarinet",
        "cymbal": "drums",
        "drum_kit": "drums",
        "electric_guitar": "electric guitar",
        "flute_traversiere": "flute",
        "guitar": "acoustic guitar",
        "harp": "harp",
        "horn": "French horn",
        "maracas": "drums",
        "organ": "organ",
        "piano": "piano",
        "saxophone": "saxophone",
        "snare_drum": "drums",
        "tambourine": "drums",
        "timpani": "drums",
        "trombone": "trombone",
        "trumpet": "trumpet",
        "tuba": "tuba",
        "violin": "violin",
    },
    "qabcs": {
        "accordion": "accordion",
        "bass_drum": "drums",
        "cello": "cello",
        "changu": "drums",
        "clarinet": "clarinet",
        "cymbals": "drums",
        "drums": "drums",
        "electric_guitar": "electric guitar",
        "flute": "flute",
        "grand_piano": "piano",
        "guitar": "acoustic guitar",
        "hand_organ": "organ",
        "harp": "harp",
        "horn": "French horn",
        "maracas": "drums",
        "natural_horn": "French horn",
        "oboe": "oboe",
        "organ": "organ",
        "piano": "piano",
        "saxophone": "saxophone",
        "squeezebox": "accordion",
        "timpani": "drums",
        "trumpet": "trumpet",
        "violin": "violin",
        "western_concert_flute": "flute",
        "xylophone": "mallets",
    },
    "tuxpaint": {"bassoon": "bassoon", "cello": "cello", "drumkit": "drums", "violin": "violin"},
    "vocadito": {"vocadito_10": "voice", "vocadito_14": "voice"},
    "dagstuhl": {"quartet": "voice"},
    "pyo": {"flute": "flute"},
    "cyclone": {"violin": "violin"},
}
_GCOMPRIS = ":/clips/gcompris/src/activities/instruments/resource"


def unpacked(source: str, folder: Path, clip: str) -> Path:
    """The clip's file; GCompris' lie in a Qt resource, opened by its caller."""
    if source != "gcompris":
        found = sorted(
            p for e in ("ogg", "wav", "aif") for p in (folder / source).glob(f"{clip}.{e}")
        )
        if not found:
            raise SystemExit(f"{folder / source} has no {clip}.")
        return found[0]
    inside = QFile(f"{_GCOMPRIS}/{clip}.ogg")
    if not inside.open(QFile.OpenModeFlag.ReadOnly):
        raise SystemExit(f"{clip} is not in instruments.rcc.")
    with tempfile.NamedTemporaryFile(suffix=".ogg", delete=False) as file:
        file.write(bytes(inside.readAll().data()))
    return Path(file.name)


def clips_in(downloads: Path) -> Iterator[tuple[str, Path, str]]:
    """Name, file and label of each clip."""
    folder = downloads / "clips"
    if not QResource.registerResource(str(folder / "gcompris" / "instruments.rcc"), "/clips"):
        raise SystemExit("gcompris/instruments.rcc is missing.")
    for source, clips in CLIPS.items():
        for clip, truth in clips.items():
            yield f"{source} {clip}", unpacked(source, folder, clip), truth


def windows_of(path: Path, length: int = WINDOW) -> torch.Tensor:
    """Shape (windows, length), without the silent ones."""
    sound = load(path, rate_hz=RATE)
    sound = np.pad(sound, (0, max(0, length - len(sound))))
    windows = np.stack([sound[s : s + length] for s in range(0, len(sound) - length + 1, HOP)])
    level = np.sqrt(np.square(windows).mean(1))
    return torch.from_numpy(windows[level > max(3e-3, 0.03 * level.max())])


def family_chances(chances: NDArray[np.float32]) -> tuple[list[str], NDArray[np.float32]]:
    names = sorted(set(FAMILIES.values()))
    places = np.asarray([names.index(FAMILIES[label]) for label in LABELS])
    sums = [chances[..., places == f].sum(-1) for f in range(len(names))]
    return names, np.stack(sums, axis=-1)


def judged(classifier: Classifier, windows: torch.Tensor, truth: str) -> dict[str, object]:
    """Shares of windows right, and what the whole clip is said to be."""
    with torch.inference_mode():
        embedding = classifier.network.embed(classifier.feature(windows))
        chances = classifier.judge(embedding, torch.full((len(windows),), -20.0))[0].numpy()
    names, sums = family_chances(chances)
    mean = np.exp(np.log(chances + 1e-6).mean(0))
    order = [LABELS[index] for index in np.argsort(-mean)]
    family = FAMILIES[truth]
    return {
        "truth": truth,
        "windows": len(windows),
        "label": float(np.mean([LABELS[i] == truth for i in chances.argmax(1)])),
        "family": float(np.mean([names[i] == family for i in sums.argmax(1)])),
        "clip": order[0] == truth,
        "clip family": names[int(family_chances(mean)[1].argmax())] == family,
        "clip top 3": truth in order[:3],
        "said": order[:3],
    }


def main() -> None:
    downloads, out = Path(sys.argv[1]), Path(sys.argv[2])
    bundled = ROOT / "resources" / "models"
    path = Path(sys.argv[3]) if len(sys.argv) > 3 else bundled / "instrument.safetensors"
    classifier = Classifier.load(path).eval()
    results = {
        name: judged(classifier, windows_of(path), truth)
        for name, path, truth in clips_in(downloads)
    }
    out.write_text(json.dumps(results, indent=1))
    truths = np.asarray([r["truth"] for r in results.values()])
    for key in ("label", "family", "clip", "clip family", "clip top 3"):
        values = np.asarray([r[key] for r in results.values()], float)
        by_class = np.mean([values[truths == t].mean() for t in np.unique(truths)])
        sys.stdout.write(f"{key}: classes {by_class:.3f}, clips {values.mean():.3f}\n")


if __name__ == "__main__":
    main()
