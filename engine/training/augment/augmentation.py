"""Augmentation: random changes of the training windows.

Everything random comes from the generator that is passed in: on one device, the same seed gives the
same result. Nothing here is kept in the gradient's graph, but :func:`mixup`.
"""

import logging
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.files import read
from engine.audio.formats import EXTENSIONS
from engine.datasets.table import files_under
from engine.errors import AudioError, DataError
from engine.recipes.recipe import Augmentation
from engine.training.augment import effects

_MOST_NOISE_BYTES = 200_000_000
_WET = (0.1, 1.0)  # the room 20 to 0 dB below the direct sound
_log = logging.getLogger(__name__)


class _Draws:
    """Random numbers where they are needed, drawn where the generator is.

    Args:
        generator: of all of them.
        chance: that a window is changed.
        device: where they go.
    """

    def __init__(self, generator: torch.Generator, chance: float, device: torch.device) -> None:
        self._generator, self._chance, self.device = generator, chance, device

    def rows(self, batch: int) -> Tensor:
        """Indices of the windows that are changed, int64, ascending."""
        drawn = torch.rand(batch, generator=self._generator, device=self._generator.device)
        return torch.nonzero(drawn < self._chance).flatten().to(self.device)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Float32 from ``low`` up to ``high``."""
        drawn = torch.rand(shape, generator=self._generator, device=self._generator.device)
        return low + (high - low) * drawn.to(self.device)

    def normal(self, *shape: int) -> Tensor:
        """Float32 of mean 0 and deviation 1."""
        drawn = torch.randn(shape, generator=self._generator, device=self._generator.device)
        return drawn.to(self.device)

    def below(self, ends: Tensor | int, count: int) -> Tensor:
        """Whole numbers from 0 up to but without ``ends``, int64, shape (count,)."""
        # Rounding in float32 may reach the end itself.
        whole = (self.uniform(0.0, 1.0, count) * ends).floor().long()
        return torch.minimum(whole, torch.as_tensor(ends, device=self.device) - 1)


class SoundAugmentation:
    """Pitch and speed, shift in time, reverb, noise and gain, in this order.

    Each one that the settings name befalls a window with their probability, apart from the others.

    Args:
        settings: which changes, and how strong.
        rate_hz: sample rate of the waveforms.
        noises: recordings of background to add, float32, shape (recordings, samples), of any
            length; None: white, pink or brown noise instead.
    """

    def __init__(self, settings: Augmentation, rate_hz: int, noises: Tensor | None = None) -> None:
        self._settings, self._rate_hz, self._noises = settings, rate_hz, noises
        self._frame = effects.vocoder_frame(rate_hz)

    @torch.no_grad()
    def __call__(self, waveforms: Tensor, generator: torch.Generator) -> Tensor:
        """Change a batch.

        Args:
            waveforms: float32, shape (batch, samples); is left as it is.
            generator: of all that is random, on any device.

        Returns:
            float32, same shape and device, not clipped to full scale.
        """
        out = waveforms.clone()
        if out.numel() == 0 or self._settings.probability == 0:
            return out
        draws = _Draws(generator, self._settings.probability, out.device)
        self._pitch_and_speed(out, draws)
        self._shift(out, draws)
        self._reverb(out, draws)
        self._noise(out, draws)
        self._gain(out, draws)
        return out

    def _pitch_and_speed(self, out: Tensor, draws: _Draws) -> None:
        batch, semitones, most = len(out), self._settings.pitch_semitones, self._settings.stretch
        ratios, speeds = out.new_ones(batch), out.new_ones(batch)
        if semitones:
            rows = draws.rows(batch)
            ratios[rows] = torch.exp2(draws.uniform(-semitones, semitones, len(rows)) / 12)
        if most:
            rows = draws.rows(batch)
            speeds[rows] = draws.uniform(1 - most, 1 + most, len(rows))
        rows = torch.nonzero((ratios != 1) | (speeds != 1)).flatten()
        if len(rows):
            out[rows] = effects.shift_pitch_and_speed(
                out[rows], ratios[rows], speeds[rows], self._frame
            )

    def _shift(self, out: Tensor, draws: _Draws) -> None:
        most = round(self._settings.shift * out.shape[1])
        if most:
            rows = draws.rows(len(out))
            steps = draws.below(2 * most + 1, len(rows)) - most
            out[rows] = effects.roll(out[rows], steps)

    def _reverb(self, out: Tensor, draws: _Draws) -> None:
        if not self._settings.reverb_seconds:
            return
        rows = draws.rows(len(out))
        if len(rows):
            low, high = min(self._settings.reverb_seconds), max(self._settings.reverb_seconds)
            taps = min(out.shape[1], max(1, math.ceil(high * self._rate_hz)))
            seconds = draws.uniform(low, high, len(rows))
            tails = effects.room_tails(draws.normal(len(rows), taps), seconds, self._rate_hz)
            wet = draws.uniform(*_WET, len(rows))
            out[rows] = effects.reverberate(out[rows], tails, wet)

    def _noise(self, out: Tensor, draws: _Draws) -> None:
        if not self._settings.noise_snr_db:
            return
        rows = draws.rows(len(out))
        if len(rows):
            low, high = min(self._settings.noise_snr_db), max(self._settings.noise_snr_db)
            snr_db = draws.uniform(low, high, len(rows))
            noise = self._background(len(rows), out.shape[1], draws)
            out[rows] = effects.add_noise(out[rows], noise, snr_db)

    def _background(self, rows: int, samples: int, draws: _Draws) -> Tensor:
        if self._noises is None or self._noises.numel() == 0:
            slopes = draws.below(3, rows).float()
            return effects.colour(draws.normal(rows, samples), slopes, self._rate_hz)
        count, length = self._noises.shape
        # A recording shorter than the window goes round; a longer one is never cut by its end.
        starts = draws.below(length - samples + 1 if length >= samples else length, rows)
        chosen = draws.below(count, rows)[:, None]
        # Only what is taken travels to the device.
        places = (starts[:, None] + torch.arange(samples, device=starts.device)) % length
        home = self._noises.device
        return self._noises[chosen.to(home), places.to(home)].to(starts.device)

    def _gain(self, out: Tensor, draws: _Draws) -> None:
        most = self._settings.gain_db
        if most:
            rows = draws.rows(len(out))
            out[rows] = effects.amplify(out[rows], draws.uniform(-most, most, len(rows)))


class FrameAugmentation:
    """Stripes of bands and of frames masked, after Park et al., "SpecAugment" (2019).

    With the settings' probability a window gets its stripes of bands, and apart from that its
    stripes of frames; each is drawn anew, from nothing up to the widest, and they may overlap.
    Masked frames take the window's mean of each band, as silence would be a sound of its own;
    masked bands take the mean of the whole window, as their own mean would tell of its spectrum.

    Args:
        settings: how many stripes, and how wide.
    """

    def __init__(self, settings: Augmentation) -> None:
        self._settings = settings

    @torch.no_grad()
    def __call__(self, features: Tensor, generator: torch.Generator) -> Tensor:
        """Mask a batch.

        Args:
            features: float32, shape (batch, bands, frames); is left as it is.
            generator: of all that is random, on any device.

        Returns:
            float32, same shape and device.
        """
        settings = self._settings
        batch, bands, frames = features.shape
        out = features.clone()
        if out.numel() == 0 or settings.probability == 0:
            return out
        draws = _Draws(generator, settings.probability, out.device)
        if settings.time_masks:
            hidden = _stripes(frames, settings.time_masks, settings.time_width, batch, draws)
            out = torch.where(hidden[:, None, :], features.mean(2, keepdim=True), out)
        if settings.frequency_masks:
            count, width = settings.frequency_masks, settings.frequency_width
            hidden = _stripes(bands, count, width, batch, draws)
            out = torch.where(hidden[:, :, None], features.mean((1, 2), keepdim=True), out)
        return out


def _stripes(size: int, count: int, share: float, batch: int, draws: _Draws) -> Tensor:
    """What is masked of ``size`` bands or frames in each window: bool, shape (batch, size)."""
    hidden = torch.zeros(batch, dtype=torch.bool, device=draws.device)
    hidden[draws.rows(batch)] = True
    # The last digits of a share must not take a band: 0.29 of 100 are 29.
    widest = math.floor(share * size + 1e-6)
    widths = draws.below(widest + 1, batch * count)
    starts = draws.below(size - widths + 1, batch * count)
    stripes = effects.stripes(starts, widths, size).view(batch, count, size)
    return stripes.any(1) & hidden[:, None]


def mixup(
    inputs: Tensor, targets: Tensor, alpha: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Blend each window with another of the batch, after Zhang et al., "mixup" (2018).

    Args:
        inputs: float32, shape (batch, ...).
        targets: float32, shape (batch, classes), each row of sum 1.
        alpha: both parameters of the beta distribution that a window's share is drawn from; 0: no
            window is changed.
        generator: of all that is random, on any device.

    Returns:
        Inputs and targets, both blended in the same shares.
    """
    if alpha <= 0 or len(inputs) == 0:
        return inputs, targets
    batch = len(inputs)
    other = torch.randperm(batch, generator=generator, device=generator.device).to(inputs.device)
    share = _beta(alpha, batch, generator).to(inputs.device, inputs.dtype)
    wide = share.view(-1, *[1] * (inputs.dim() - 1))
    blended = torch.lerp(targets[other], targets, share[:, None])
    return torch.lerp(inputs[other], inputs, wide), blended


def _beta(alpha: float, count: int, generator: torch.Generator) -> Tensor:
    """Draws from Beta(alpha, alpha): float32, shape (count,).

    The share of one gamma variable in the sum of two. By their logarithms, with the boost of
    Marsaglia & Tsang (2000), as for a small alpha the variables themselves are 0 in float32.
    """
    device = generator.device
    shapes = torch.full((2, count), alpha + 1.0, device=device)
    gammas = torch._standard_gamma(shapes, generator=generator)
    above_zero = 1.0 - torch.rand(2, count, generator=generator, device=device)
    first, second = gammas.log() + above_zero.log() / alpha
    return torch.sigmoid(first - second)


def load_noises(folder: str, rate_hz: int, samples: int) -> Tensor:
    """All recordings in a folder, cut into rows of equal length.

    What is left at the end of a recording is dropped; one shorter than a row is repeated to fill
    it. Of a large folder it takes the beginning of each recording, and not all of them, so that it
    stays below 200 MB.

    Args:
        folder: where they are, also in folders inside it.
        rate_hz: sample rate of the rows.
        samples: length of a row.

    Returns:
        float32, shape (rows, samples).

    Raises:
        DataError: there is no such folder, or no sound in it can be read.
    """
    names = files_under(Path(folder), sorted(EXTENSIONS))
    most = max(1, _MOST_NOISE_BYTES // (4 * samples))
    names = names[:: max(1, math.ceil(len(names) / most))]
    each = max(1, most // max(1, len(names)))
    seconds = each * samples / rate_hz
    rows: list[NDArray[np.float32]] = []
    for name in names:
        try:
            audio = read(Path(folder) / name, rate_hz=rate_hz, mono=True, duration_seconds=seconds)
        except AudioError as error:
            _log.warning("%s is not used as noise: %s", name, error)
            continue
        rows.append(_rows_of(audio.samples[0], samples)[:each])
    if not rows:
        raise DataError(
            f"No sound in the folder {folder} can be read. Put background recordings into it, "
            "or leave noise_folder empty to use computed noise."
        )
    return torch.from_numpy(np.concatenate(rows))


def _rows_of(sound: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """Shape (n,) to (rows, samples), at least one row."""
    if len(sound) < samples:
        return np.resize(sound, (1, samples))
    count = len(sound) // samples
    return sound[: count * samples].reshape(count, samples)
