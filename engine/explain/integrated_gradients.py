"""The evidence for a label, by integrated gradients on the frames given to the network.

Integrated gradients (Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML
2017) share out the difference between a label's logit for the sound and for silence among all
bands and frames. Whether the shares do add up to it is part of the result
(:attr:`Explanation.gap`).
"""

import itertools
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.audio import Audio
from engine.audio.files import probe, read
from engine.audio.resample import resample
from engine.classifier.classifier import Classifier, level_db
from engine.errors import AudioError, ModelError
from engine.explain.explanation import Edges, Explanation, Map, joined
from engine.explain.frames import ExplainedFrames, explained_frames
from engine.features import Feature
from engine.threads import one_torch_thread
from engine.windows import Windows

STEPS = 20
COARSE_STEPS = 2  # an answer to look at while the exact one is computed: a fifth of its work
_NEAREST = -8.0  # first point of the path looked at, a power of ten
_LOOKS, _CLOSE_LOOKS = 24, 60  # points looked at first, and where there are to be no even steps
_LOOKS_A_STEP = 3  # at most: a coarse answer takes coarse looks
_EARLY, _MUCH = 0.05, 0.2  # so much of the change in so small a share: no even steps
_DENSE = 3  # times as many steps, where there are to be no even ones
_EVENLY = 0.25  # share of the steps laid evenly, beside those laid where the logit moves
_MARGIN_SECONDS = 0.1  # read beyond the window, where the resampler has yet to settle


def explain(
    classifier: Classifier,
    waveform: NDArray[np.float32],
    label: str | None = None,
    *,
    steps: int = STEPS,
    at_seconds: float = 0.0,
) -> Generator[float, None, Explanation]:
    """Compute the evidence for a label in a window; yields the share done.

    Args:
        classifier: left as it is.
        waveform: float32, shape (n,), full scale [-1, 1], at the card's rate: one window, or less,
            which is filled up with silence as the analysis does.
        label: one of the card's labels or families, None: the most probable label; of a regression
            a dimension, None: the first.
        steps: points of the path from silence to the sound; more make :attr:`Explanation.gap` less.
        at_seconds: when the window begins; the times of the result count from there.

    Raises:
        ModelError: the classifier has no such label, or only judges files.
        AudioError: the sound is shorter than one frame of the feature, or longer than a window.
    """
    classifier.card.refuse_files_only("explain predictions")
    with one_torch_thread():
        return (yield from _explain(classifier, waveform, label, steps, at_seconds))


def _explain(
    classifier: Classifier,
    waveform: NDArray[np.float32],
    label: str | None,
    steps: int,
    at_seconds: float,
) -> Generator[float, None, Explanation]:
    window = _window(classifier, waveform)
    explained = explained_frames(classifier.feature.to(window.device))
    with torch.inference_mode():
        embedding = classifier.network.embed(classifier.feature(window))
        probabilities, presence = classifier.judge(embedding, level_db(window))
    members = _members(classifier, label, probabilities[0])
    with torch.no_grad():
        sound = tuple(one.source(window) for one in explained)
        silence = tuple(one.source(torch.zeros_like(window)) for one in explained)
    logit_of = _logit_of(classifier, explained, members)
    parts = yield from _integrate(logit_of, silence, sound, steps)
    with torch.no_grad():
        logit, silent_logit = (float(logit_of(*frames)) for frames in (sound, silence))
    attribution, edges = _joined(explained, [part[0].cpu().numpy() for part in parts])
    begin, step = _grid(classifier.feature)
    whole = Explanation(
        label=label or classifier.card.labels[members[0]],
        probability=float(probabilities[0, members].sum()),
        presence=float(presence[0]),
        attribution=attribution,
        axis="time" if edges is None else "frequency",
        edges_hz=edges,
        begin_seconds=at_seconds + begin,
        step_seconds=step,
        window_seconds=(at_seconds, at_seconds + window.shape[1] / classifier.card.rate_hz),
        logit=logit,
        silent_logit=silent_logit,
        is_value=classifier.card.is_regression,
    )
    return joined(whole)


def explain_file(
    classifier: Classifier,
    path: Path | str,
    seconds: float,
    label: str | None = None,
    *,
    steps: int = STEPS,
) -> Generator[float, None, Explanation]:
    """As :func:`explain`, of the window of a file whose middle is nearest to a moment.

    The windows are those of the analysis of the whole file. Times count from the file's begin.

    Raises:
        ModelError: as :func:`explain`.
        AudioError: as :func:`explain`; or the file cannot be read, or has no such moment.
    """
    yield 0.0
    card = classifier.card
    duration = probe(path).duration_seconds
    if not 0.0 <= seconds <= duration:
        name = Path(path).name
        raise AudioError(f"{name} is {duration:.1f} s long. Choose a time from 0 to its end.")
    rate, windows = card.rate_hz, Windows(card.window_samples, card.hop_samples)
    nearest = round((seconds * rate - windows.length / 2) / windows.hop)
    count = windows.count(round(duration * rate))
    start = min(max(0, nearest), count - 1) * windows.hop / rate
    begin = max(0.0, start - _MARGIN_SECONDS)
    length = start - begin + windows.length / rate + _MARGIN_SECONDS
    audio = read(path, rate_hz=rate, mono=True, start_seconds=begin, duration_seconds=length)
    first = round((start - begin) * rate)
    sound = audio.samples[0, first : first + windows.length]
    return (yield from explain(classifier, sound, label, steps=steps, at_seconds=start))


def explain_stretch(
    classifier: Classifier,
    sound: Audio,
    begin_seconds: float,
    start_seconds: float,
    label: str | None = None,
    *,
    steps: int = STEPS,
) -> Generator[float, None, Explanation]:
    """As :func:`explain`, of a window out of a stretch of sound of any rate.

    Args:
        classifier: left as it is.
        sound: a stretch that holds the window; a tenth of a second before it settles the resampler.
        begin_seconds: when the stretch begins.
        start_seconds: when the window does.
        label: see :func:`explain`.
        steps: see :func:`explain`.

    Raises:
        ModelError: as :func:`explain`.
        AudioError: as :func:`explain`; or the window's sound is not in the stretch.
    """
    yield 0.0
    rate, length = classifier.card.rate_hz, classifier.card.window_samples
    samples = resample(sound.mono()[None], sound.rate_hz, rate)[0]
    first = round((start_seconds - begin_seconds) * rate)
    # A hundredth of a second may be lost to rounding, or to a sound that begins with the window.
    if not -rate / 100 <= first <= len(samples) - length + rate / 100:
        raise AudioError("That sound is no longer in memory. Choose a more recent moment.")
    window = samples[max(0, first) : max(0, first) + length]
    return (yield from explain(classifier, window, label, steps=steps, at_seconds=start_seconds))


def _window(classifier: Classifier, waveform: NDArray[np.float32]) -> Tensor:
    card, feature = classifier.card, classifier.feature
    least = feature.frame_length / card.rate_hz
    if len(waveform) < feature.frame_length:
        raise AudioError(
            f"This sound is too short to explain. It needs at least {least * 1000:.0f} ms."
        )
    if len(waveform) > card.window_samples:
        raise AudioError(
            f"'{card.title}' analyses {card.window_samples / card.rate_hz:.1f} s at a time. "
            "Explain one such window."
        )
    filled = np.pad(waveform, (0, card.window_samples - len(waveform)))
    device = next(classifier.network.parameters()).device
    return torch.from_numpy(np.asarray(filled, dtype=np.float32))[None].to(device)


def _members(classifier: Classifier, label: str | None, probabilities: Tensor) -> list[int]:
    card = classifier.card
    if label is None:
        return [0 if card.is_regression else int(probabilities.argmax())]
    found = card.members(label)
    if not found:
        raise ModelError(
            f"'{card.title}' has no label '{label}'. It has: {', '.join(card.labels)}."
        )
    return found


def _logit_of(
    classifier: Classifier, explained: Sequence[ExplainedFrames], members: list[int]
) -> Callable[..., Tensor]:
    """From explained frames, each (batch, bands, frames), to the labels' logit (batch,)."""

    def logit(*frames: Tensor) -> Tensor:
        pairs = zip(explained, frames, strict=True)
        features = torch.cat([one.rest(part) for one, part in pairs], dim=1)
        logits = classifier.logits(classifier.network.embed(features))
        one = logits[:, members].logsumexp(1)
        if classifier.card.multi_label or classifier.card.is_regression or logits.shape[1] == 1:
            return one
        # Of exclusive labels only differences count: this is the logit of the softmax.
        others = [index for index in range(logits.shape[1]) if index not in members]
        return one - logits[:, others].logsumexp(1)

    return logit


def _integrate(
    logit_of: Callable[..., Tensor],
    silence: tuple[Tensor, ...],
    sound: tuple[Tensor, ...],
    steps: int,
) -> Generator[float, None, list[Tensor]]:
    """Integrated gradients by the midpoint rule, step by step of the path from silence to sound.

    Steps taken together are no quicker on a CPU, whose cache they leave, and could not be
    cancelled one by one.
    """
    change = [s - b for b, s in zip(silence, sound, strict=True)]

    def at(share: float) -> list[Tensor]:
        return [b + c * share for b, c in zip(silence, change, strict=True)]

    borders = yield from _borders(lambda share: logit_of(*at(share)), steps)
    total = [torch.zeros_like(frames) for frames in sound]
    for step, (begin, end) in enumerate(itertools.pairwise(borders)):
        yield step / (len(borders) - 1)
        # The gradients of cuDNN's recurrent layers are there in training only.
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            points = [point.requires_grad_() for point in at((begin + end) / 2)]
            slopes = torch.autograd.grad(logit_of(*points).sum(), points)
        parts = zip(total, slopes, change, strict=True)
        total = [t + g * c * (end - begin) for t, g, c in parts]
    return total


def _borders(
    logit_at: Callable[[float], Tensor], steps: int
) -> Generator[float, None, list[float]]:
    """Where the steps of the path meet: evenly, or dense where the logit moves.

    A network that is deaf to loudness changes its mind within the first hundredths of the path.

    Returns:
        Shares of the path from 0 to 1: ``steps + 1`` of them, or of thrice the steps where
            dense.
    """
    most = _LOOKS_A_STEP * steps
    looked, moved = yield from _looked(logit_at, min(_LOOKS, most))
    if moved[looked[1:] <= _EARLY].sum() < _MUCH:
        return [step / steps for step in range(steps + 1)]
    looked, moved = yield from _looked(logit_at, min(_CLOSE_LOOKS, most))
    travel = moved + _EVENLY * np.diff(looked)
    travelled = np.concatenate([[0.0], np.cumsum(travel)])
    even = np.linspace(0.0, travelled[-1], _DENSE * steps + 1)
    return [float(share) for share in np.interp(even, travelled, looked)]


def _looked(
    logit_at: Callable[[float], Tensor], count: int
) -> Generator[float, None, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Points of the path, count + 1, dense at its beginning, and each stretch's share of moves."""
    looked = np.concatenate([[0.0], np.logspace(_NEAREST, 0.0, count)])
    logits = []
    for share in looked:
        yield 0.0
        with torch.inference_mode():
            logits.append(float(logit_at(float(share)).sum()))
    moved = np.abs(np.diff(logits))
    return looked, moved / max(float(moved.sum()), 1e-12)


def _joined(explained: Sequence[ExplainedFrames], parts: Sequence[Map]) -> tuple[Map, Edges | None]:
    """One map of all frames: of frequencies if all have the same, else of time alone."""
    edges = explained[0].edges_hz
    same = edges is not None and all(
        one.edges_hz is not None
        and one.edges_hz.shape == edges.shape
        and np.allclose(one.edges_hz, edges)
        for one in explained
    )
    if same:
        return np.asarray(np.sum(parts, axis=0), dtype=np.float32), edges
    summed = np.sum([part.sum(axis=0, keepdims=True) for part in parts], axis=0)
    return np.asarray(summed, dtype=np.float32), None


def _grid(feature: Feature) -> tuple[float, float]:
    """Where the first frame's stretch begins, from the window's begin, and how long each is."""
    middle = 0.0 if feature.center else feature.frame_length / 2
    step = feature.hop_length / feature.rate_hz
    return middle / feature.rate_hz - step / 2, step
