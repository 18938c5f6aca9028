"""Background sounds of no class, for training the rejection gate: noises and recordings."""

import contextlib
import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from platformdirs import user_cache_path
from torch import Tensor

from engine.audio.files import find_audio, read
from engine.classifier.classifier import level_db
from engine.errors import AudioError, DataError
from engine.features import Feature, describe_feature
from engine.networks.dense import EmbeddingHead
from engine.recipes.recipe import Recipe
from engine.training.data import embedding_cache
from engine.training.events import Preparing
from engine.training.loop.learner import Learner

Samples = NDArray[np.float32]

_NOISES = ("white noise", "pink noise", "brown noise", "hum", "clicks")
_SYNTHETIC = 250  # windows of noise that are learned from and judged on, half each
_MADE_AT_ONCE, _EMBEDDED_AT_ONCE = 25, 16  # between two moments at which one may stop
_VERSION = 1  # of the noises made
_MOST_KEPT = 12


@dataclass(frozen=True)
class Background:
    """Windows that are none of the classes.

    Attributes:
        embeddings: float32, shape (n, embedding_size).
        levels_db: RMS level of each in dBFS.
        kinds: what each is.
        learned: which of them the gate may learn from; the others judge.
    """

    embeddings: Tensor
    levels_db: Tensor
    kinds: NDArray[np.str_]
    learned: NDArray[np.bool_]


def listen_to_background(
    learner: Learner,
    feature: Feature,
    recipe: Recipe,
    folder: Path | None,
    cache: Path | None = None,
) -> Generator[Preparing, None, Background]:
    """Embed noises made here and a folder's recordings; whole recordings learn or judge.

    What frozen trunks hear in the noises is kept: it is the same in each training.

    Args:
        learner: holds the trained network.
        feature: what it takes.
        recipe: rate, window and seed.
        folder: of recordings that are none of the classes, None: noises only.
        cache: folder to keep embeddings in, None: the user's.

    Yields:
        How far it is.
    """
    noises = Noises(learner, feature, recipe, cache or user_cache_path("earmark") / "windows")
    embeddings, levels = yield from noises.embedded()
    kinds, learned = ["noise"] * len(levels), [index % 2 == 0 for index in range(len(levels))]
    if folder is not None:
        windows, paths = [], dict[str, int]()
        data = recipe.data
        for kind, path, sound in recorded(folder, data.rate_hz, data.window_samples):
            kinds.append(kind)
            learned.append(paths.setdefault(path, len(paths)) % 2 == 0)
            windows.append(torch.from_numpy(sound))
        more, more_levels = yield from _embedded(learner, feature, windows)
        embeddings, levels = torch.cat([embeddings, more]), torch.cat([levels, more_levels])
    return Background(embeddings, levels, np.asarray(kinds), np.asarray(learned))


def _embedded(
    learner: Learner, feature: Feature, windows: Sequence[Tensor]
) -> Generator[Preparing, None, tuple[Tensor, Tensor]]:
    """Embeddings (n, embedding_size) and levels in dBFS (n,), on the CPU."""
    embedded, levels = [torch.zeros(0, learner.network.embedding_size)], [torch.zeros(0)]
    for start in range(0, len(windows), _EMBEDDED_AT_ONCE):
        yield Preparing(start / len(windows))
        with torch.inference_mode():
            sound = torch.stack(list(windows[start : start + _EMBEDDED_AT_ONCE]))
            sound = sound.to(learner.device)
            heard = learner.network.embed(feature.to(learner.device)(sound))
            embedded.append(heard.float().cpu())
            levels.append(level_db(sound).cpu())
    return torch.cat(embedded), torch.cat(levels)


class Noises:
    """The noises of a recipe as its network hears them.

    Args:
        learner: holds the network.
        feature: what it takes.
        recipe: rate, window and seed.
        cache: folder for what frozen trunks heard.
    """

    def __init__(self, learner: Learner, feature: Feature, recipe: Recipe, cache: Path) -> None:
        self._learner, self._feature, self._recipe = learner, feature, recipe
        is_frozen = isinstance(learner.network, EmbeddingHead)
        self._path = cache / f"noises-{self._key()}.safetensors" if is_frozen else None

    def embedded(self) -> Generator[Preparing, None, tuple[Tensor, Tensor]]:
        """Embeddings (n, embedding_size) and levels in dBFS (n,); from the cache if they can be."""
        kept = self._kept()
        if kept is None:
            windows = yield from self._made()
            kept = yield from _embedded(self._learner, self._feature, windows)
            self._keep(*kept)
        return kept

    def _made(self) -> Generator[Preparing, None, list[Tensor]]:
        data, seed = self._recipe.data, self._recipe.training.seed
        windows = []
        made = synthetic(data.rate_hz, data.window_samples, _SYNTHETIC, seed)
        for index, (_, sound) in enumerate(made):
            windows.append(torch.from_numpy(sound))
            if index % _MADE_AT_ONCE == 0:
                yield Preparing(0.0)
        return windows

    def _key(self) -> str:
        data = self._recipe.data
        made = [_VERSION, _SYNTHETIC, data.rate_hz, data.window_samples, self._recipe.training.seed]
        about = json.dumps([made, describe_feature(self._feature)], sort_keys=True)
        return embedding_cache.trunks_digest(self._learner.network, about)

    def _kept(self) -> tuple[Tensor, Tensor] | None:
        if self._path is None:
            return None
        size = self._learner.network.embedding_size
        shapes = {"embeddings": (_SYNTHETIC, size), "levels_db": (_SYNTHETIC,)}
        found = embedding_cache.kept(self._path, shapes)
        return None if found is None else (found["embeddings"], found["levels_db"])

    def _keep(self, embeddings: Tensor, levels: Tensor) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
            embedding_cache.keep(self._path, {"embeddings": embeddings, "levels_db": levels})
            _drop_oldest(self._path.parent)


def _drop_oldest(cache: Path) -> None:
    """Those of the last networks and seeds are kept."""
    found = sorted(cache.glob("noises-*.safetensors"), key=lambda path: -path.stat().st_mtime)
    for path in found[_MOST_KEPT:]:
        path.unlink(missing_ok=True)


def synthetic(rate_hz: int, samples: int, count: int, seed: int) -> Iterator[tuple[str, Samples]]:
    """Noises, mains hum and clicks at random levels: kind and float32 of shape (samples,)."""
    rng = np.random.default_rng([seed, 5])
    for index in range(count):
        kind = _NOISES[index % len(_NOISES)]
        sound = _sound(kind, rate_hz, samples, rng)
        level = 10 ** (rng.uniform(-45, -6) / 20)
        yield kind, np.asarray(sound / max(1e-9, np.abs(sound).max()) * level, dtype=np.float32)


def _sound(kind: str, rate_hz: int, samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if kind == "hum":
        time = np.arange(samples) / rate_hz
        base = rng.choice([50.0, 60.0]) * rng.uniform(0.99, 1.01)
        waves = [rng.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * time) for k in range(1, 9)]
        return np.asarray(np.sum(waves, axis=0) + 0.01 * rng.standard_normal(samples))
    if kind == "clicks":
        sound = 1e-3 * rng.standard_normal(samples)
        places = rng.integers(0, samples, max(1, int(samples / rate_hz * rng.uniform(1, 20))))
        sound[places] += rng.uniform(-1, 1, len(places))
        return sound
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    slope = {"white noise": 0.0, "pink noise": 0.5, "brown noise": 1.0}[kind]
    spectrum /= np.maximum(np.arange(len(spectrum)), 20.0) ** slope
    return np.fft.irfft(spectrum, samples)


def recorded(folder: Path, rate_hz: int, samples: int) -> Iterator[tuple[str, str, Samples]]:
    """Windows of a folder's recordings: kind (its folder), path, float32 of shape (samples,).

    Raises:
        DataError: the folder holds no sound.
    """
    try:
        paths = find_audio([folder])
    except AudioError as error:
        raise DataError(
            f"{error} A background folder must contain recordings that belong to none "
            "of the classes."
        ) from error
    for path in paths:
        try:
            sound = read(path, mono=True, rate_hz=rate_hz).samples[0]
        except AudioError:
            continue
        inside = path.relative_to(folder) if folder.is_dir() else path
        kind = inside.parts[0] if len(inside.parts) > 1 else folder.name
        for start in range(0, max(1, len(sound) - samples + 1), samples):
            part = sound[start : start + samples]
            yield kind, str(path), np.pad(part, (0, samples - len(part)))
