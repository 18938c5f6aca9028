"""Several channels as one, without losing what is the same upside down in two of them."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_CHUNK_SECONDS = 0.05
# Of the energy that unrelated channels would keep in their mean: below the first they are taken
# to cancel each other, until it is above the second again.
_CANCELS, _ADDS_UP = 0.02, 0.1
_SILENT = 1e-8  # mean square, -80 dB


class Mixer:
    """The mean of the channels; the loudest alone while they cancel each other.

    A stereo file whose right channel is the left one turned upside down (a wrongly wired cable)
    has a mean of silence. What comes out depends on the samples alone, not on the blocks they
    come in; where nothing cancels it is the mean, bit for bit.

    Args:
        channels: how many come in.
        rate_hz: sample rate.
    """

    def __init__(self, channels: int, rate_hz: int) -> None:
        self._channels = channels
        self._chunk = max(1, round(_CHUNK_SECONDS * rate_hz))
        self._filled = 0  # of the chunk that is being heard
        self._energy = np.zeros(channels + 1)  # of it: of each channel and of the mean
        self._from = self._to = 0.0  # the single channel's share where the chunk begins and ends
        self._single = 0

    def push(self, samples: Samples) -> Samples:
        """Take samples, float32, shape (channels, n); give as many, shape (n,)."""
        if self._channels == 1:
            first: Samples = samples[0]
            return first
        out: Samples = samples.mean(axis=0, dtype=np.float32)
        at = 0
        while at < len(out):
            whole = (len(out) - at) // self._chunk
            if whole and not (self._filled or self._from or self._to):
                at += self._chunk * self._usual(samples[:, at:], out[at:], whole)
            else:
                count = min(self._chunk - self._filled, len(out) - at)
                self._any(samples[:, at : at + count], out[at : at + count])
                at += count
        return out

    def _usual(self, samples: Samples, mean: Samples, whole: int) -> int:
        """Pass over chunks up to the first that cancels; how many they are."""
        rows = np.concatenate([samples, mean[None]])[:, : whole * self._chunk]
        rows = rows.reshape(len(rows), whole, self._chunk)
        energy = np.einsum("ckn,ckn->kc", rows, rows).astype(np.float64)
        each = energy[:, :-1].mean(axis=1)
        cancels = energy[:, -1] < each * (_CANCELS / self._channels)
        found = np.flatnonzero(cancels & (each > _SILENT * self._chunk))
        if not len(found):
            return whole
        self._to, self._single = 1.0, int(np.argmax(energy[found[0], :-1]))
        return int(found[0]) + 1

    def _any(self, samples: Samples, out: Samples) -> None:
        """Part of a chunk; ``out`` holds the mean and becomes what is heard."""
        rows = np.concatenate([samples, out[None]])
        self._energy += np.einsum("cn,cn->c", rows, rows)
        if self._from or self._to:
            place = np.arange(self._filled, self._filled + len(out), dtype=np.float32)
            share = self._from + (self._to - self._from) * place / np.float32(self._chunk)
            out += share.astype(np.float32) * (samples[self._single] - out)
        self._filled += len(out)
        if self._filled == self._chunk:
            self._decide()

    def _decide(self) -> None:
        """At the end of a chunk: how the next one goes on."""
        each, mean = self._energy[:-1].mean(), self._energy[-1]
        self._from = self._to
        if each > _SILENT * self._chunk:
            limit = _ADDS_UP if self._to else _CANCELS
            cancels = mean < each * limit / self._channels
            if cancels and not self._to:
                self._single = int(np.argmax(self._energy[:-1]))
            self._to = float(cancels)
        self._filled, self._energy[:] = 0, 0.0
