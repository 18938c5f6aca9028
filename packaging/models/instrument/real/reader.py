"""Adds to `instrument` a second mobile network, and a reader of its teacher's words.

    python packaging/models/run.py instrument.real.reader SHARED_DATA VIEWS STUDENT OUT.safetensors

VIEWS and STUDENT are what ``real.views`` and ``real.learn`` wrote. The student has learned no
label, but the words of a teacher that knows real players: what it would call each of our labels, in
deviations over what it calls it on average, is added to the logits that there were, times
``SHARE``. How much was chosen among six by sources that neither heard (``HELD`` in
``real/sounds.py``) and by clips; docs/accuracy.md says what that gave. "Voice" keeps its logit: who
sings is told by a gate (``real.singers``, which comes before this). Starts from the bundled
classifier; its gates hear what they heard. Five minutes.
"""

import datetime
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from cards import with_script
from engine.classifier.card import DataSource, Part
from engine.classifier.classifier import Classifier
from engine.networks import describe_network
from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from instrument.classes import LABELS
from instrument.real.singers import BUNDLED, NON_COMMERCIAL
from instrument.teacher.labels import heard
from instrument.teacher.network import Teacher

SHARE = 0.4
SEED = 4
_FILES = 16  # of views: enough for so few numbers
_RIDGE = 0.01
_UNTOUCHED = ("voice",)
_SOURCES = [
    DataSource(name="Real players: 9 sources, through the teacher", licence="see NOTICE"),
    DataSource(
        name="emotify (Aljanaki, Wiering and Veltkamp, 2015), through the teacher",
        licence="CC BY-NC-SA, for research (non-commercial)",
        count=317,
    ),
]
_WORDS = "RAVDESS, emotify and a bass (Rickenbacker 4001)"


@torch.inference_mode()
def heard_by(
    trunk: DecibelMobileTrunk, views: Path, names: list[str], rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """The trunk's embeddings of windows, and what the teacher calls them, (windows, labels)."""
    embeddings, words = [], []
    for path in sorted(views.glob("*.npz"))[:_FILES]:
        file = np.load(path)
        which: NDArray[np.int64] = rng.integers(0, 2, len(file["views"]))
        chosen = file["features"][np.arange(len(which)), which]
        parts = torch.from_numpy(chosen).split(256)  # type: ignore[no-untyped-call]
        embeddings.append(torch.cat([trunk.hear(part.float()) for part in parts]))
        words.append(heard(torch.from_numpy(file["logits"]).float(), names)[file["views"]])
    return torch.cat(embeddings), torch.cat(words)


def reader_of(embeddings: Tensor, words: Tensor) -> nn.Linear:
    """Ridge regression of the teacher's words, in deviations over their means."""
    wanted = ((words - words.mean(0)) / words.std(0)).double()
    wanted[:, [LABELS.index(label) for label in _UNTOUCHED]] = 0.0
    mean = embeddings.mean(0).double()
    rows = embeddings.double() - mean
    level = rows.square().mean() * len(rows)
    gram = rows.T @ rows + _RIDGE * level * torch.eye(rows.shape[1]).double()
    weight = torch.linalg.solve(gram, rows.T @ wanted)
    found = nn.Linear(rows.shape[1], words.shape[1])
    with torch.no_grad():
        found.weight.copy_(weight.T)
        found.bias.copy_(-(mean @ weight))
    return found.requires_grad_(False)


def widened(layer: nn.Linear, by: nn.Linear | int, share: float = 1.0) -> nn.Linear:
    """A layer that hears more, with what is read of that by another one (or nothing).

    Args:
        layer: reads the first numbers.
        by: reads those that come, or how many there are.
        share: of it.
    """
    more = by if isinstance(by, int) else by.in_features
    found = nn.Linear(layer.in_features + more, layer.out_features)
    with torch.no_grad():
        found.weight.zero_()[:, : layer.in_features] = layer.weight
        found.bias.copy_(layer.bias)
        if not isinstance(by, int):
            found.weight[:, layer.in_features :] = share * by.weight
            found.bias.add_(share * by.bias)
    return found


def with_reader(before: Classifier, trunk: DecibelMobileTrunk, reader: nn.Linear) -> Classifier:
    """The classifier with a second mobile trunk, whose reader is added by ``SHARE``."""
    old, gate = before.network, before.gate
    assert isinstance(old, MusicnnMobile)
    assert gate is not None
    assert old.second is None, "it has a second mobile network already"
    network = MusicnnMobile(**{**old.arguments(), "second": True})
    network.music.load_state_dict(old.music.state_dict())
    network.mobile.load_state_dict(old.mobile.state_dict())
    assert network.second is not None
    network.second.load_state_dict(trunk.state_dict())
    size = trunk.embedding_size
    # Logits are divided by the temperature afterwards.
    share = SHARE * before.card.calibration.temperature
    network.output = widened(old.output, reader, share)
    if old.singers is not None:
        network.singers = widened(old.singers, size)
    held = before.card.credits.partition(NON_COMMERCIAL.partition("RAVDESS")[0])[0]
    card = before.card.model_copy(
        update={
            "network": Part(**describe_network(network)),
            "recipe": with_script(before.card, "instrument.real.reader"),
            "data": [*before.card.data, *_SOURCES],
            "credits": held + NON_COMMERCIAL.replace("RAVDESS", _WORDS),
            "date": datetime.date.today().isoformat(),
        }
    )
    return Classifier(card, before.feature, network.eval(), widened(gate, size))


def main() -> None:
    torch.set_num_threads(1)
    shared, views, student, out = (Path(word) for word in sys.argv[1:5])
    before = Classifier.load(BUNDLED).eval()
    network = before.network
    assert isinstance(network, MusicnnMobile)
    trunk = DecibelMobileTrunk(
        network.bands, before.window_frames, 0.35, network.mobile.embedding_size, 0.0, relative=True
    )
    tensors = load_file(student)
    mine = {n.removeprefix("trunk."): t for n, t in tensors.items() if n.startswith("trunk.")}
    trunk.load_state_dict(mine)
    names = Teacher(shared / "efficientat-mn04").labels
    found = heard_by(trunk.eval(), views, names, np.random.default_rng(SEED))
    with_reader(before, trunk, reader_of(*found)).save(out)


if __name__ == "__main__":
    main()
