"""Builds the bundled classifiers: genre, mood and instruments-in-music.

    python packaging/models/run.py tags.build SHARED_DATA MUSIC_FOLDER...

SHARED_DATA holds musicnn/, esc10/, fsdd/, philharmonia/, weresax/; the other folders any music.
fluidsynth, espeak-ng and soundfonts are needed (Debian: fluidsynth espeak-ng fluid-soundfont-gm
timgm6mb-soundfont). Prints how well the gate does on what was held out.
"""

import datetime
import itertools
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from cards import COMMERCIAL, LIMITS
from engine.classifier.card import Calibration, Card, DataSource, Part
from engine.classifier.classifier import Classifier
from engine.features import build_feature, describe_feature
from engine.networks import describe_network
from engine.networks.musicnn.tags import MusicnnTags
from gate_sounds import (
    WINDOW,
    Sound,
    effects,
    environment,
    noises,
    recordings,
    rendered,
    songs,
    speech,
    voices,
    worn,
)
from project import ROOT
from tags.labels import GENRE, INSTRUMENTS, MOOD, TAGS, mix
from tags.weights import read_musicnn

OUT = ROOT / "resources" / "models"
SOUNDFONTS = [Path("/usr/share/sounds/sf2", n) for n in ("FluidR3_GM.sf2", "TimGM6mb.sf2")]
SEED = 20
HOP = 31 * 256  # half a second

FEATURE = build_feature(
    "log_mel",
    {
        "rate_hz": 16000,
        "n_fft": 512,
        "hop_length": 256,
        "n_mels": 96,
        "log": "compress",
        "center": False,
    },
)


def windows(samples: np.ndarray) -> Tensor:
    """At most ten windows of a sound, filled up with silence if it is short: (n, WINDOW)."""
    padded = np.pad(samples, (0, max(0, WINDOW - len(samples))))
    cut = torch.from_numpy(padded.astype(np.float32)).unfold(0, WINDOW, WINDOW)
    return cut[:10]


@torch.inference_mode()
def embeddings(sounds: list[Sound], trunks: list[nn.Module]) -> tuple[np.ndarray, np.ndarray]:
    """Of all windows of all sounds, (n, 3012), and which sound each is of."""
    rows, owners = [], []
    for index, sound in enumerate(sounds):
        cut = windows(sound.samples)
        audible = cut.square().mean(1) > 10 ** (-6.5)  # under it the level rule decides
        for window in cut[audible]:
            features = FEATURE(window[None])
            rows.append(torch.cat([trunk(features) for trunk in trunks], dim=1))
            owners.append(index)
    return torch.cat(rows).numpy(), np.asarray(owners)


def gather(shared: Path, folders: list[Path]) -> list[Sound]:
    rng = np.random.default_rng(SEED)
    sounds = list(
        itertools.chain(
            environment(shared),
            speech(shared, rng),
            voices(rng),
            noises(rng),
            recordings(shared),
            songs(folders),
            effects(folders, rng),
            rendered(SOUNDFONTS, rng),
        )
    )
    more = [
        Sound(s.kind, s.group, s.music, s.held_out, worn(s.samples, rng))
        for s in sounds
        if rng.random() < 0.6
    ]
    return sounds + more


def train_gate(
    x: np.ndarray, music: np.ndarray, owners: np.ndarray, in_song: np.ndarray
) -> nn.Linear:
    """Logistic regression; music and the rest weigh the same, a song eight times a sound."""
    mean, deviation = x.mean(0), x.std(0) + 1e-3
    counts = np.bincount(owners)[owners]
    weight = np.where(in_song, 8.0, 1.0) / counts
    for kind in (True, False):
        weight[music == kind] /= weight[music == kind].sum()
    model = LogisticRegression(C=0.002, max_iter=3000)
    model.fit((x - mean) / deviation, music, sample_weight=weight * len(x))
    gate = nn.Linear(x.shape[1], 1)
    coefficients = model.coef_[0] / deviation
    with torch.no_grad():
        gate.weight.copy_(torch.from_numpy(coefficients)[None].float())
        gate.bias.copy_(torch.tensor([float(model.intercept_[0] - coefficients @ mean)]))
    return gate


def report(
    gate: nn.Linear, x: np.ndarray, sounds: list[Sound], owners: np.ndarray
) -> dict[str, float]:
    with torch.inference_mode():
        presence = gate(torch.from_numpy(x))[:, 0].sigmoid().numpy()
    kinds = np.asarray([sounds[owner].kind for owner in owners])
    music = np.asarray([sounds[owner].music for owner in owners])
    held = np.asarray([sounds[owner].held_out for owner in owners])
    for kind in sorted(set(kinds[held])):
        chosen = held & (kinds == kind)
        share = float((presence[chosen] >= 0.5).mean())
        what = "taken for music" if not music[chosen][0] else "heard as music"
        sys.stdout.write(f"  {kind:20} {chosen.sum():5} windows, {share:6.1%} {what}\n")
    figures = {
        "gate_held_out_auroc": float(roc_auc_score(music[held], presence[held])),
        "gate_held_out_false_alarms": float((presence[held & ~music] >= 0.5).mean()),
        "gate_held_out_misses": float((presence[held & music] < 0.5).mean()),
    }
    for name, value in figures.items():
        sys.stdout.write(f"  {name}: {value:.4f}\n")
    return figures


TEXTS = {
    "genre": (
        "Genre",
        "Genres of music, several at a time where they mix. Based on the tags of "
        "two musicnn networks.",
    ),
    "mood": ("Mood", "The mood of music as listeners describe it; several words at a time."),
    "instruments-in-music": (
        "Instruments in music",
        "Instruments and voices in a mix, several at a time. Not made for solo notes.",
    ),
}
SOURCES = [
    DataSource(name="MagnaTagATune (tags of musicnn)", licence="weights: ISC, J. Pons"),
    DataSource(
        name="Million Song Dataset, Last.fm (tags of musicnn)", licence="weights: ISC, J. Pons"
    ),
    DataSource(name="ESC-10 (gate)", licence="CC BY 3.0", count=400),
    DataSource(name="Free Spoken Digit Dataset (gate)", licence="CC BY-SA 4.0", count=3000),
    DataSource(name="Philharmonia Orchestra sound samples (gate)", licence="free use, no resale"),
    DataSource(name="Karoryfer Weresax (gate)", licence="CC0"),
    DataSource(
        name="Music, sounds and voices of free games in Debian (gate)",
        licence="GPL, CC BY-SA and others",
    ),
    DataSource(name="FluidR3 and TimGM6mb, rendered by synthesis (gate)", licence="MIT; GPL-2"),
]


def assemble(
    name: str,
    labels: dict[str, list[str]],
    networks: Mapping[str, tuple[nn.Module, nn.Module]],
    gate: nn.Linear,
    figures: dict[str, float],
) -> Classifier:
    weights, bias = mix(labels, list(networks), 0.13 if name == "mood" else 0.25)
    network = MusicnnTags([len(TAGS[c]) for c in networks], len(labels))
    for index, (trunk, reader) in enumerate(networks.values()):
        network.trunk[index].load_state_dict(trunk.state_dict())
        network.reader[index].load_state_dict(reader.state_dict())
    network.mix.copy_(torch.tensor(weights))
    described = describe_network(network)
    title, text = TEXTS[name]
    card = Card(
        name=name,
        title=title,
        description=text,
        task="instrument" if name.startswith("instruments") else name,
        multi_label=True,
        labels=list(labels),
        rate_hz=16000,
        window_samples=WINDOW,
        hop_samples=HOP,
        feature=Part(**describe_feature(FEATURE)),
        network=Part(**described),
        calibration=Calibration(bias=bias, thresholds=[0.5] * len(labels), gate="music"),
        data=SOURCES,
        licence="ISC (musicnn weights), Apache-2.0 (gate and calibration)",
        credits="J. Pons and X. Serra: musicnn (2019); J. Pons et al.: end-to-end tagging (2018)",
        metrics=figures,
        # What tags.genre teaches it comes later.
        limits=str(COMMERCIAL[name]["limits"]) if name in COMMERCIAL else LIMITS[name],
        versions={"torch": torch.__version__.split("+")[0]},
        date=datetime.date.today().isoformat(),
    )
    return Classifier(card, FEATURE, network, gate)


def main() -> None:
    torch.manual_seed(SEED)
    shared, folders = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    both = {c: read_musicnn(shared / "musicnn" / f"{c}_musicnn.npz") for c in ("MTT", "MSD")}
    sounds = gather(shared, folders)
    x, owners = embeddings(sounds, [trunk for trunk, _ in both.values()])
    music = np.asarray([sounds[owner].music for owner in owners])
    held = np.asarray([sounds[owner].held_out for owner in owners])
    in_song = np.asarray([sounds[owner].kind == "song" for owner in owners])
    sys.stdout.write(f"{len(sounds)} sounds, {len(x)} windows, {held.sum()} of them held out\n")
    plans = {
        "genre": (GENRE, both),
        "mood": (MOOD, both),
        "instruments-in-music": (INSTRUMENTS, {"MTT": both["MTT"]}),
    }
    for name, (labels, networks) in plans.items():
        part = x[:, : 1506 * len(networks)]
        trial = train_gate(part[~held], music[~held], owners[~held], in_song[~held])
        sys.stdout.write(f"{name}: gate trained without what is held out\n")
        figures = report(trial, part, sounds, owners)
        gate = train_gate(part, music, owners, in_song)
        classifier = assemble(name, labels, networks, gate, figures)
        classifier.save(OUT / f"{name}.safetensors")
        sys.stdout.write(f"  saved, SHA-256 {classifier.sha256}\n")


if __name__ == "__main__":
    main()
