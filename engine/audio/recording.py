"""Recording to a file that stays readable even after a crash."""

import os
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import AudioError

# How often what is written is brought to the disk itself, in case of a power cut.
_SYNC_SECONDS = 0.5
_FLAC_BLOCK_AT = 8  # the 16 bits of STREAMINFO with the length of a block
_FLAC_LENGTH_AT = 18  # the 64 bits of STREAMINFO whose lower 36 are the number of samples
# Beyond this a WAV file becomes RF64 (EBU Tech 3306): the same, with lengths of 64 bits.
_WAV_MOST_BYTES = 2**32 - 4096
_DS64_AT = 12


class Recorder:
    """Writes a FLAC or WAV file as the sound comes.

    libsndfile puts the length into the header only at the end. Here it is right from the first
    moment and after each write, so that what is killed leaves a file that opens, with all that was
    written (of FLAC: all but the block that was not full). Twice a second the disk itself has it.

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
        self._frames = self._synced = 0
        kind = {".flac": "FLAC", ".wav": "RF64"}.get(self.path.suffix.lower())
        if kind is None:
            raise AudioError(
                "Recordings are .flac or .wav files. Choose a name that ends in one of these."
            )
        self._flac = kind == "FLAC"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._head = self.path.open("x+b", buffering=0)
        except FileExistsError:
            raise AudioError(f"{self.path.name} already exists. Choose another name.") from None
        except OSError as error:
            raise AudioError(f"{self.path.name} cannot be created: {error.strerror}.") from error
        try:
            self._file = soundfile.SoundFile(
                self.path, "w", rate_hz, channels, "PCM_24", format=kind
            )
            self._data_at = 0 if self._flac else self._peek(0, 4096).index(b"data") + 8
            self._announce()
        except (soundfile.LibsndfileError, OSError, ValueError) as error:
            self._head.close()
            self.path.unlink(missing_ok=True)
            raise AudioError(f"{self.path.name} cannot be written: {error}.") from error

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
            self._file.write(np.clip(np.nan_to_num(samples.T), -1.0, 1.0))
            self._frames += samples.shape[1]
            if self._frames - self._synced >= _SYNC_SECONDS * self._rate_hz:
                self._file.flush()
                self._synced = self._frames
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
            os.fsync(self._head.fileno())
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioError(f"{self.path.name} could not be finished: {error}.") from error
        finally:
            self._head.close()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _peek(self, place: int, length: int) -> bytes:
        self._head.seek(place)
        return self._head.read(length)

    def _poke(self, place: int, data: bytes) -> None:
        self._head.seek(place)
        self._head.write(data)

    def _announce(self) -> None:
        """Put the length so far into the header."""
        if not self._flac:
            self._announce_wav()
            return
        if self._frames == 0:  # libsndfile writes its header with the first samples
            self._poke(0, _flac_head(self._rate_hz, self._channels))
            return
        # libFLAC writes a block when the sample after it has come.
        block = int.from_bytes(self._peek(_FLAC_BLOCK_AT, 2), "big")
        frames = (self._frames - 1) // block * block
        fixed = int.from_bytes(self._peek(_FLAC_LENGTH_AT, 8), "big")
        self._poke(_FLAC_LENGTH_AT, (fixed >> 36 << 36 | frames).to_bytes(8, "big"))

    def _announce_wav(self) -> None:
        size = os.fstat(self._head.fileno()).st_size
        data = size - self._data_at
        frames = data // (3 * self._channels)
        if size <= _WAV_MOST_BYTES:
            riff, chunk, short = b"RIFF", b"JUNK", (size - 8, data)
        else:
            riff, chunk, short = b"RF64", b"ds64", (2**32 - 1, 2**32 - 1)
        lengths = b"".join(value.to_bytes(8, "little") for value in (size - 8, data, frames))
        self._poke(_DS64_AT, chunk)
        self._poke(_DS64_AT + 8, lengths)
        self._poke(self._data_at - 4, short[1].to_bytes(4, "little"))
        self._poke(0, riff + short[0].to_bytes(4, "little"))


def _flac_head(rate_hz: int, channels: int) -> bytes:
    """A FLAC file without sound: the marker, and STREAMINFO as the last block (RFC 9639, 8.2)."""
    blocks = (4096).to_bytes(2, "big") * 2 + bytes(6)  # of any size in bytes
    what = rate_hz << 44 | (channels - 1) << 41 | (24 - 1) << 36
    return b"fLaC\x80\x00\x00\x22" + blocks + what.to_bytes(8, "big") + bytes(16)
