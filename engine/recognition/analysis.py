"""Classification of a stream: files and the microphone use the same code.

What can be shared is computed once: one resampler a rate, one feature stream for equal features,
one sliding trunk for equal trunks; only the heads are each classifier's own.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.audio.resample import Resampler
from engine.classifier.classifier import Classifier, level_db
from engine.errors import AudioError
from engine.features import Feature, FeatureStream, describe_feature
from engine.networks import Sliding
from engine.networks.base import WINDOWS_AT_ONCE
from engine.networks.derived import Derived
from engine.recognition.timeline import Timeline
from engine.windows import Windows


@dataclass
class _Lane:
    """One classifier, and how far it has come."""

    classifier: Classifier
    windows: Windows
    feature_key: str | None  # None: the feature is not local, windows are computed one by one
    trunk_keys: list[str] = field(default_factory=list)
    given: int = 0
    embeddings: Tensor | None = None  # of windows whose last samples are still to come


class Analysis:
    """Takes samples in blocks of any size, gives the timeline rows they complete.

    Args:
        classifiers: by name.
        rate_hz: rate of the samples pushed.
        hop_seconds: step between windows, None: each classifier's own; rounded to whole frames.
        device: where to compute, as torch names it.
    """

    def __init__(
        self,
        classifiers: Mapping[str, Classifier],
        rate_hz: int,
        *,
        hop_seconds: float | None = None,
        device: str = "cpu",
    ) -> None:
        for classifier in classifiers.values():
            classifier.card.refuse_sound()
        self._rate_hz = rate_hz
        self._device = torch.device(device)
        self._classifiers = {name: c.to(self._device) for name, c in classifiers.items()}
        self._hops = {
            name: choose_windows(classifier, hop_seconds)
            for name, classifier in self._classifiers.items()
        }
        self.restart(0.0)

    def restart(self, at_seconds: float) -> None:
        """Forget all results; the next sample pushed is at ``at_seconds``."""
        self._offset = at_seconds
        self._rates: dict[int, _RateBranch] = {}
        for name, classifier in self._classifiers.items():
            rate = classifier.card.rate_hz
            if rate not in self._rates:
                self._rates[rate] = _RateBranch(self._rate_hz, rate, self._device)
            self._rates[rate].add(name, classifier, self._hops[name])

    def exchange(self, classifiers: Mapping[str, Classifier]) -> bool:
        """Let other heads judge from the next row on, and go on hearing with the same trunks.

        Returns:
            Whether that was possible: names, features, trunks and windows are those there are.
        """
        if list(classifiers) != list(self._classifiers):
            return False
        pairs = {name: (old, classifiers[name]) for name, old in self._classifiers.items()}
        if not all(_hears_alike(old, new) for old, new in pairs.values()):
            return False
        for name, (_, new) in pairs.items():
            self._classifiers[name] = new.to(self._device)
            self._rates[new.card.rate_hz].exchange(name, new)
        return True

    def push(self, samples: NDArray[np.float32]) -> dict[str, Timeline]:
        """Take mono samples, float32, shape (n,); give each classifier's new rows, maybe none.

        Raises:
            AudioError: a row would hold what is no number.
        """
        return self._run(samples, last=False)

    def finish(self) -> dict[str, Timeline]:
        """The rows that only the end of the sound settles; nothing may be pushed after it."""
        return self._run(np.zeros(0, dtype=np.float32), last=True)

    @torch.inference_mode()
    def _run(self, samples: NDArray[np.float32], *, last: bool) -> dict[str, Timeline]:
        rows: dict[str, Timeline] = {}
        for branch in self._rates.values():
            rows |= branch.push(samples, self._offset, last=last)
        return {name: rows[name] for name in self._classifiers}


def _hears_alike(one: Classifier, other: Classifier) -> bool:
    """Whether two classifiers differ in nothing but what they make of their embeddings."""
    trunks = zip(one.network.trunks, other.network.trunks, strict=False)
    sizes = {(c.card.rate_hz, c.card.window_samples, c.card.hop_samples) for c in (one, other)}
    return (
        one.feature is other.feature
        and one.network.embedding_size == other.network.embedding_size
        and all(mine is its for mine, its in trunks)
        and len(sizes) == 1
    )


def choose_windows(classifier: Classifier, hop_seconds: float | None) -> Windows:
    """A classifier's windows; a hop one asks for becomes the nearest its feature can do."""
    card, feature = classifier.card, classifier.feature
    if hop_seconds is None:
        return Windows(card.window_samples, card.hop_samples)
    step = feature.hop_length if feature.local else 1
    frames = max(1, round(hop_seconds * card.rate_hz / step))
    return Windows(card.window_samples, frames * step)


class _RateBranch:
    """All classifiers of one sample rate."""

    def __init__(self, from_hz: int, rate_hz: int, device: torch.device) -> None:
        self._rate_hz = rate_hz
        self._device = device
        self._resampler = Resampler(from_hz, rate_hz)
        self._lanes: dict[str, _Lane] = {}
        self._features: dict[str, FeatureStream] = {}
        self._trunks: dict[str, tuple[str, Sliding]] = {}
        self._samples = torch.zeros(0, device=device)
        self._first = 0  # index of the first sample held
        self._total = 0  # samples of real sound, padding aside

    def add(self, name: str, classifier: Classifier, windows: Windows) -> None:
        """One more classifier."""
        feature = classifier.feature
        sharing = feature.local and windows.hop % feature.hop_length == 0
        lane = _Lane(classifier, windows, _feature_key(feature) if sharing else None)
        self._lanes[name] = lane
        if lane.feature_key is None:
            return
        self._features.setdefault(lane.feature_key, FeatureStream(feature))
        frames = feature.frame_count(windows.length), windows.hop // feature.hop_length
        for trunk in classifier.network.trunks:
            key = f"{lane.feature_key}/{frames}/{_digest(trunk)}"
            lane.trunk_keys.append(key)
            if key not in self._trunks:
                self._trunks[key] = (lane.feature_key, trunk.sliding(*frames))

    def exchange(self, name: str, classifier: Classifier) -> None:
        """See :meth:`Analysis.exchange`."""
        self._lanes[name].classifier = classifier

    def push(
        self, samples: NDArray[np.float32], offset: float, *, last: bool
    ) -> dict[str, Timeline]:
        """See :meth:`Analysis.push`."""
        new = torch.from_numpy(self._resampler.push(samples[None], last=last)[0]).to(self._device)
        self._total += len(new)
        if last:
            new = torch.cat([new, new.new_zeros(self._padding())])
        self._samples = torch.cat([self._samples, new])
        frames = {key: stream.push(new) for key, stream in self._features.items()}
        embeddings = {
            key: sliding.push(frames[feature_key])
            for key, (feature_key, sliding) in self._trunks.items()
        }
        rows = {
            name: self._rows(lane, embeddings, offset, last=last)
            for name, lane in self._lanes.items()
        }
        self._forget()
        return rows

    def _padding(self) -> int:
        """Silence that completes the last window of every classifier."""
        wanted = self._total
        for lane in self._lanes.values():
            count = lane.windows.count(self._total)
            if count:
                wanted = max(wanted, (count - 1) * lane.windows.hop + lane.windows.length)
        return wanted - self._total

    def _rows(
        self, lane: _Lane, embeddings: dict[str, Tensor], offset: float, *, last: bool
    ) -> Timeline:
        held = self._first + len(self._samples)
        count = lane.windows.count(self._total) if last else lane.windows.whole(held)
        count -= lane.given
        first = lane.given
        starts = [(first + i) * lane.windows.hop - self._first for i in range(count)]
        cut = [self._samples[start : start + lane.windows.length] for start in starts]
        levels = torch.stack([level_db(window) for window in cut]) if cut else torch.zeros(0)
        if lane.feature_key is None:
            embedding = self._one_by_one(lane, cut)
        else:
            # Frames need not reach to a window's end: it may be embedded a block before its samples
            # are all there, and padding for another classifier's windows may complete more of them.
            embedding = torch.cat([embeddings[key] for key in lane.trunk_keys], dim=1)
            if lane.embeddings is not None:
                embedding = torch.cat([lane.embeddings, embedding])
            embedding, lane.embeddings = embedding[:count], embedding[count:]
        lane.given += count
        probabilities, presence = lane.classifier.judge(embedding, levels.to(self._device))
        if not all(values.isfinite().all() for values in (probabilities, presence, levels)):
            raise AudioError(
                f"'{lane.classifier.card.name}' gave values that are not numbers. The samples may "
                "be far too loud, or the classifier is damaged: try another of both."
            )
        centres = [lane.windows.centre(first + i) / self._rate_hz for i in range(count)]
        return Timeline(
            labels=tuple(lane.classifier.card.labels),
            times=np.asarray(centres, dtype=np.float64) + offset,
            probabilities=probabilities.cpu().numpy(),
            presence=presence.cpu().numpy(),
            level_db=levels.cpu().numpy(),
            window_seconds=lane.windows.length / self._rate_hz,
            hop_seconds=lane.windows.hop / self._rate_hz,
            ranges=tuple(lane.classifier.card.ranges or ()),
        )

    def _one_by_one(self, lane: _Lane, cut: list[Tensor]) -> Tensor:
        network = lane.classifier.network
        if not cut:
            return torch.zeros(0, network.embedding_size, device=self._device)
        feature = lane.classifier.feature
        parts = [
            network.embed(feature(torch.stack(cut[first : first + WINDOWS_AT_ONCE])))
            for first in range(0, len(cut), WINDOWS_AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _forget(self) -> None:
        """Drop the samples that no window to come will hold."""
        needed = min(lane.given * lane.windows.hop for lane in self._lanes.values())
        drop = min(max(0, needed - self._first), len(self._samples))
        self._samples = self._samples[drop:].clone()
        self._first += drop


def _digest(module: nn.Module) -> str:
    """Equal for modules of one class with equal tensors."""
    return _digests.of(module)


def _computed_digest(module: nn.Module) -> str:
    digest = hashlib.sha256(type(module).__qualname__.encode())
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


# Each file of a batch asks for the same again.
_digests = Derived(_computed_digest)


def _feature_key(feature: Feature) -> str:
    return json.dumps(describe_feature(feature), sort_keys=True) + _digest(feature)
