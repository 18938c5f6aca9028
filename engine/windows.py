"""The one rule that cuts audio into windows: for training, files and the live stream."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Windows:
    """Window i holds the samples from ``i * hop`` up to ``i * hop + length``.

    A last window, filled up with silence, is added when the audio is shorter than one window or
    when more than half a hop at its end would stay unseen.

    Attributes:
        length: samples in a window.
        hop: samples from the start of one window to the start of the next.
    """

    length: int
    hop: int

    def whole(self, samples: int) -> int:
        """Windows that lie wholly within this many samples."""
        return max(0, 1 + (samples - self.length) // self.hop)

    def count(self, samples: int) -> int:
        """Windows of audio of this many samples, a filled-up last one included."""
        if samples <= 0:
            return 0
        whole = self.whole(samples)
        seen = (whole - 1) * self.hop + self.length if whole else 0
        return whole + (1 if whole == 0 or samples - seen > self.hop / 2 else 0)

    def centre(self, index: int) -> float:
        """Middle of window ``index``, in samples."""
        return index * self.hop + self.length / 2
