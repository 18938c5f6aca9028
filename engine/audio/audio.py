"""The audio buffer that all parts of Earmark share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.mixing import Mixer


@dataclass(frozen=True, eq=False)
class Audio:
    """A section of sound in memory.

    Attributes:
        samples: float32, shape (channels, n), full scale is [-1, 1].
        rate_hz: samples per second of each channel.
        source: where it came from, in words for the user (a file name, a device name).
        repaired: how many NaN, infinite or absurdly loud samples were replaced by silence.
        remark: a sentence about what is missing of the file that ends here; empty if nothing is.

    Examples:
        >>> import numpy as np
        >>> from engine import Audio
        >>> stereo = Audio(np.zeros((2, 44100), dtype=np.float32), rate_hz=44100)
        >>> stereo.channels, stereo.duration_seconds
        (2, 1.0)
        >>> stereo.mono().shape
        (44100,)
    """

    samples: NDArray[np.float32]
    rate_hz: int
    source: str = ""
    repaired: int = 0
    remark: str = ""

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def length(self) -> int:
        """Number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        return self.length / self.rate_hz

    def mono(self) -> NDArray[np.float32]:
        """The mean of the channels (see :class:`Mixer`): float32, shape (n,)."""
        return Mixer(self.channels, self.rate_hz).push(self.samples)
