"""Recording to a file that stays readable even after a crash."""

import os
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import AudioError

# How often the length in the header follows what is written.
_UPDATE_SECONDS = 0.5
# What libFLAC may hold back: two blocks of the longest length it uses.
_FLAC_HELD_FRAMES = 2 * 4608
_FLAC_LENGTH_AT = 18  # the 64 bits of STREAMINFO whose lower 36 are the number of samples
# Beyond this a WAV file becomes RF64 (EBU Tech 3306): the same, with lengths of 64 bits.
_WAV_MOST_BYTES = 2**32 - 4096
_DS64_AT = 12


class Recorder:
    """Writes a FLAC or WAV file as the sound comes.

    libsndfile puts the length into the header only at the end. Here it is kept up to date twice a
    second, so that after a crash or a power cut the file opens and holds all but the last second.

    Args:
        path: a new file, ``.flac`` or ``.wav``; one that exists is never overwritten.
        rate_hz: sample rate.
        channels: number of channels.

    Raises:
        AudioError: the file exists, has another extension or cannot be made.
    """

    def __init__(self, path: Path | str, *, rate_hz: int, channels: int = 1) -> None:
        self.path = Path(path)
        self._rate_hz, self._channels = rate_hz, channels
        self._frames = self._announced = 0
        kind = {".flac": "FLAC", ".wav": "RF64"}.get(self.path.suffix.lower())
        if kind is None:
            raise AudioError(
                "Recordings are .flac or .wav files. Choose a name that ends in one of these."
            )
        self._flac = kind == "FLAC"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
        except FileExistsError:
            raise AudioError(f"{self.path.name} already exists. Choose another name.") from None
        except OSError as error:
            raise AudioError(f"{self.path.name} cannot be created: {error.strerror}.") from error
        self._file = soundfile.SoundFile(self.path, "w", rate_hz, channels, "PCM_24", format=kind)
        self._data_at = 0 if self._flac else self._find_data()

    @property
    def seconds(self) -> float:
        """Recorded so far."""
        return self._frames / self._rate_hz

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append samples, float32, shape (channels, n).

        Raises:
            AudioError: the disk is full; what was written before stays readable.
        """
        try:
            self._file.write(np.clip(samples.T, -1.0, 1.0))
            self._frames += samples.shape[1]
            if self._frames - self._announced >= _UPDATE_SECONDS * self._rate_hz:
                self._announce()
        except (soundfile.LibsndfileError, OSError, RuntimeError, AssertionError) as error:
            raise AudioError(
                f"{self.path.name} could not be written after {self.seconds:.0f} s. "
                "Is the disk full? What was recorded until then is kept."
            ) from error

    def close(self) -> None:
        """Finish the file."""
        if self._file.closed:
            return
        try:
            self._file.close()
            if not self._flac:
                self._announce_wav()
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioError(f"{self.path.name} could not be finished: {error}.") from error
        finally:
            os.close(self._handle)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _find_data(self) -> int:
        head = os.pread(self._handle, 4096, 0)
        return head.index(b"data") + 8

    def _announce(self) -> None:
        """Put the length so far into the header."""
        self._file.flush()
        self._announced = self._frames
        if self._flac:
            frames = max(0, self._frames - _FLAC_HELD_FRAMES)
            fixed = int.from_bytes(os.pread(self._handle, 8, _FLAC_LENGTH_AT), "big")
            field = (fixed >> 36 << 36) | frames
            os.pwrite(self._handle, field.to_bytes(8, "big"), _FLAC_LENGTH_AT)
            return
        self._announce_wav()

    def _announce_wav(self) -> None:
        size = os.fstat(self._handle).st_size
        data = size - self._data_at
        frames = data // (3 * self._channels)
        if size <= _WAV_MOST_BYTES:
            riff, chunk, short = b"RIFF", b"JUNK", (size - 8, data)
        else:
            riff, chunk, short = b"RF64", b"ds64", (2**32 - 1, 2**32 - 1)
        lengths = b"".join(value.to_bytes(8, "little") for value in (size - 8, data, frames))
        os.pwrite(self._handle, chunk, _DS64_AT)
        os.pwrite(self._handle, lengths, _DS64_AT + 8)
        os.pwrite(self._handle, short[1].to_bytes(4, "little"), self._data_at - 4)
        os.pwrite(self._handle, riff + short[0].to_bytes(4, "little"), 0)
