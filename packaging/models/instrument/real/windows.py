"""All windows that `instrument` goes on learning from, joined: solos, mixtures, music, the rest."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from instrument.classes import LABELS
from instrument.judge.recordings import NOT_MUSIC
from instrument.real.sources import UNLABELLED, part_of
from instrument.real.synthetic import OTHER
from instrument.teacher.labels import NAMES, heard

# What a window is.
SOLO, MIXTURE, STRANGER, MUSIC, NOTHING = range(5)
_QUIETEST, _UNDER = -60.0, 30.0  # dBFS, and dB under a recording's loudest window
_LEAST_MET = 8  # mixtures with a label from which the teacher's word for it can be weighed


@dataclass
class Pool:
    """Windows and what is known of each.

    Attributes:
        features: dB, float16 (windows, bands, frames).
        music: musicnn's answer, float16 (windows, 1506).
        kinds: what each is.
        labels: of solos, else -1.
        targets: float16 (windows, labels): chance that each is heard; NaN: unknown.
        sources: where each is from.
        parts: in which part of the judgement it is left out; -1: in none.
        taught: row of ``embeddings`` and ``logits``; -1: the teacher did not hear it.
        embeddings: the teacher's, float16 (n, 512).
        logits: the teacher's, float16 (n, 527).
    """

    features: NDArray[np.float16]
    music: NDArray[np.float16]
    kinds: NDArray[np.int64]
    labels: NDArray[np.int64]
    targets: NDArray[np.float16]
    sources: NDArray[np.str_]
    parts: NDArray[np.int64]
    taught: NDArray[np.int64]
    embeddings: NDArray[np.float16]
    logits: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.kinds)


def joined(pools: list[Pool]) -> Pool:
    """One after the other."""
    values = {f.name: np.concatenate([getattr(p, f.name) for p in pools]) for f in fields(Pool)}
    counts = [len(pool.embeddings) for pool in pools]
    before = np.repeat(np.cumsum([0, *counts[:-1]]), [len(pool) for pool in pools])
    values["taught"] = np.where(values["taught"] < 0, -1, values["taught"] + before)
    return Pool(**values)


def thinned(pool: Pool, most: int = 250) -> Pool:
    """At most so many windows of each label and source, drawn; for readers these are enough."""
    rng = np.random.default_rng(1)
    cells = np.unique(
        np.stack([pool.kinds, pool.labels, np.unique(pool.sources, return_inverse=True)[1]]),
        axis=1,
        return_inverse=True,
    )[1].ravel()
    order = rng.permutation(len(pool))
    place = np.zeros(len(pool), np.int64)
    for cell in range(cells.max() + 1):
        mine = order[cells[order] == cell]
        place[mine] = np.arange(len(mine))
    # Of mixtures, which are one source, all that are worth it.
    chosen = np.flatnonzero(place < np.where(pool.kinds == MIXTURE, 12 * most, most * 2))
    windows = [f.name for f in fields(Pool) if f.name not in ("embeddings", "logits")]
    rest = {name: getattr(pool, name) for name in ("embeddings", "logits")}
    return Pool(**{name: getattr(pool, name)[chosen] for name in windows}, **rest)


def read_all(folder: Path, names: list[str]) -> Pool:
    """What ``hear``, ``mixtures`` and ``synthetic`` wrote.

    Args:
        folder: with their files.
        names: AudioSet's, in the order of the teacher's logits.
    """
    mixtures = _mixtures(folder / "mixtures.npz")
    pools = [mixtures, _synthetic(folder / "synthetic.npz")]
    special = ("mixtures", "judged-mixtures", "synthetic")
    for path in sorted(folder.glob("*.npz")):
        if path.stem not in special and not path.stem.endswith(".partial"):
            pools.append(_source(path))
    for pool in pools[2:]:
        if (pool.kinds == MUSIC).any():
            pool.targets[:] = believed(pool.logits, mixtures, names)[pool.taught]
    return joined(pools)


def believed(logits: NDArray[np.float16], mixtures: Pool, names: list[str]) -> NDArray[np.float16]:
    """What the teacher's words mean: chances of our labels, weighed on mixtures that are known.

    NaN for labels that AudioSet does not name.
    """
    told = heard(torch.from_numpy(mixtures.logits).float(), names).numpy()[mixtures.taught]
    asked = heard(torch.from_numpy(logits).float(), names).numpy()
    found = np.full(asked.shape, np.nan, np.float16)
    for number, label in enumerate(LABELS):
        truth = mixtures.targets[:, number]
        known = ~np.isnan(truth)
        if label in NAMES and (truth[known] == 1).sum() >= _LEAST_MET:
            scale = LogisticRegression().fit(told[known, number][:, None], truth[known] > 0.5)
            found[:, number] = scale.predict_proba(asked[:, number][:, None])[:, 1]
    return found


def _targets(labels: NDArray[np.int64]) -> NDArray[np.float16]:
    found = np.zeros((len(labels), len(LABELS)), np.float16)
    met = np.flatnonzero(labels >= 0)
    found[met, labels[met]] = 1
    return found


def _source(path: Path) -> Pool:
    """Each loud window dry, and those that are worn worn."""
    file = np.load(path)
    rows = file["rows"]
    names = np.repeat(file["labels"], rows)
    recording = np.repeat(np.arange(len(rows)), rows)
    parts = np.asarray([part_of(str(group)) for group in file["groups"]])[recording]
    loudest = np.full(len(rows), -200.0)
    np.maximum.at(loudest, recording, file["levels"])
    loud = (file["levels"] > _QUIETEST) & (file["levels"] > loudest[recording] - _UNDER)
    chosen = file["chosen"]
    near = np.clip(np.searchsorted(chosen, np.arange(len(names))), 0, len(chosen) - 1)
    before = np.clip(near - 1, 0, None)
    closer = np.abs(chosen[before] - np.arange(len(names))) < np.abs(
        chosen[near] - np.arange(len(names))
    )
    near = np.where(closer, before, near)
    same = recording[chosen[near]] == recording
    taught = np.where(same, near, -1)
    dry = np.flatnonzero(loud)
    row = np.concatenate([dry, chosen])
    labels = np.asarray([LABELS.index(n) if n in LABELS else -1 for n in names])[row]
    kinds = np.select([names[row] == NOT_MUSIC, names[row] == UNLABELLED], [NOTHING, MUSIC], SOLO)
    return Pool(
        features=np.concatenate([file["features"][dry], file["worn_features"]]),
        music=np.concatenate([file["music"][dry], file["worn_music"]]),
        kinds=kinds,
        labels=labels,
        targets=_targets(labels),
        sources=np.full(len(row), path.stem),
        parts=parts[row],
        taught=taught[row],
        embeddings=file["embeddings"],
        logits=file["logits"],
    )


def _mixtures(path: Path) -> Pool:
    file = np.load(path)
    count = len(file["parts"])
    targets = file["targets"].astype(np.float16)
    targets[targets < 0] = np.nan
    several = np.nansum(targets, axis=1) > 1
    alone = ~several & ~np.isnan(targets).any(1) & (np.nansum(targets, axis=1) == 1)
    return Pool(
        features=file["features"],
        music=file["music"],
        kinds=np.where(several, MIXTURE, np.where(alone, SOLO, MUSIC)),
        labels=np.where(alone, np.nan_to_num(targets).argmax(1), -1),
        targets=targets,
        sources=np.full(count, "mixtures"),
        parts=file["parts"].astype(np.int64),
        taught=np.arange(count),
        embeddings=file["embeddings"],
        logits=file["logits"],
    )


def _synthetic(path: Path) -> Pool:
    file = np.load(path)
    names = file["labels"]
    labels = np.asarray([LABELS.index(n) if n in LABELS else -1 for n in names])
    count = len(names)
    return Pool(
        features=file["features"],
        music=file["music"],
        kinds=np.where(names == OTHER, STRANGER, SOLO),
        labels=labels,
        targets=_targets(labels),
        sources=np.char.add("synthetic ", file["fonts"]),
        parts=np.full(count, -1),
        taught=np.full(count, -1),
        embeddings=np.zeros((0, 512), np.float16),
        logits=np.zeros((0, 527), np.float16),
    )
