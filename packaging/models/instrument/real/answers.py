"""What a classifier says of the windows that ``hear`` kept, for ``judge/players.py`` to judge.

    python packaging/models/run.py instrument.real.answers HEARD OUT [CLASSIFIER]

HEARD is what ``instrument.real.hear --plain`` wrote; CLASSIFIER is the bundled `instrument` where
it is left out. Nothing is heard again but by the mobile trunks, so that this takes seconds where
``judge/heard.py`` takes minutes; Philharmonia, emotify and speech are left out. Writes
``OUT/<source>.npz`` as ``judge/heard.py`` does.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.classifier.classifier import Classifier
from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from project import ROOT

_NOT_JUDGED = ("philharmonia", "emotify", "spoken")
_BATCH = 256


@torch.inference_mode()
def embeddings_of(network: MusicnnMobile, features: Tensor, music: Tensor) -> Tensor:
    """What the network's trunks hear, musicnn's answer being known.

    Args:
        network: the classifier's.
        features: dB, (windows, bands, frames).
        music: (windows, 1506).
    """
    mobile: list[DecibelMobileTrunk] = [network.mobile]
    if network.second is not None:
        mobile.append(network.second)
    heard = [
        torch.cat([trunk.hear(part.float()) for part in torch.split(features, _BATCH)])
        for trunk in mobile
    ]
    return torch.cat([music.float(), *heard], dim=1)


@torch.inference_mode()
def answer(path: Path, classifier: Classifier, out: Path) -> None:
    """All windows of a source."""
    file, network = np.load(path), classifier.network
    assert isinstance(network, MusicnnMobile)
    assert classifier.gate is not None
    features, music = (torch.from_numpy(file[key]) for key in ("features", "music"))
    values = embeddings_of(network, features, music)
    gates = classifier.gate(values)[:, 0] + network.presence(values)
    np.savez(
        out / path.name,
        names=file["names"],
        rows=file["rows"],
        levels=file["levels"],
        several=classifier.card.multi_label,
        logits=classifier.logits(values).numpy(),
        gates=gates.numpy(),
    )


def main() -> None:
    torch.set_num_threads(1)
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    bundled = ROOT / "resources" / "models" / "instrument.safetensors"
    classifier = Classifier.load(Path(sys.argv[3]) if len(sys.argv) > 3 else bundled).eval()
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.npz")):
        if path.stem not in _NOT_JUDGED and not path.stem.endswith(".partial"):
            answer(path, classifier, out)


if __name__ == "__main__":
    main()
