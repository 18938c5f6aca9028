"""Compressed sound, decoded by FFmpeg: MP3, Ogg, AAC, MPEG-4, the sound of videos.

How long such a file is, its header often does not know. Here packets are counted: without decoding
where a codec's packets say how much sound they hold, by decoding otherwise.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.decoding.headers import share_there
from engine.audio.decoding.slices import Slice
from engine.audio.decoding.source import MISSED_SECONDS, failing_as, incomplete, refuse_unusable
from engine.audio.formats import FORMATS, ffmpeg_may_decode, name_of
from engine.errors import AudioError

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler, AudioStream, Packet
    from av.container import InputContainer

    _SoundPacket = Packet[AudioStream]

# A decoder needs some frames before it is right, and containers' indices are coarse.
_DECODED_BEFORE_SECONDS = 2.0
# Up to here a sample is reached, and a length counted, by decoding: exact whatever the codec.
_DECODED_SECONDS = 60.0
_PROBED_SECONDS = 20.0  # a disk that takes longer to answer is taken for gone
_TAGS = ("title", "artist", "album", "date", "genre", "comment")
# Their packets say to the sample how much sound they hold.
_EXACT = ("mp", "aac", "opus", "amr", "gsm", "flac")
_INDEXED = ("mov", "matroska")
_Span = tuple[int, int, tuple[tuple[int, bytes], ...]]  # what a Slice is made of
_LOST_SECONDS = 0.25  # what joints between joined files may lose without a word


@dataclass(frozen=True)
class _Facts:
    """What only looking through a file tells.

    Attributes:
        length: samples, at the stream's rate.
        steady: whether its time stamps run through without gaps, so that they can be trusted.
    """

    length: int
    steady: bool


class Container:
    """A file open in FFmpeg; its first sound track that can be decoded.

    Args:
        path: the file.
        part: a stretch of its bytes to read in its place.
        like: the rate and the number of channels wanted, None: its own.

    Raises:
        AudioError: FFmpeg finds no sound in it.
    """

    def __init__(
        self, path: Path, part: Slice | None = None, like: tuple[int, int] | None = None
    ) -> None:
        self._path, self._part = path, part
        self._container, self._stream = _opened(path, part)
        context = self._stream.codec_context
        self._own_rate = int(context.sample_rate or 0)
        self.rate_hz, self.channels = like or (self._own_rate, int(context.channels or 0))
        name = name_of(self._container.format.name)
        codec = context.codec.long_name.partition(" (")[0]
        self.format = name if codec == name else f"{name}, {codec}"
        metadata = {**self._stream.metadata, **self._container.metadata}
        self.tags = {
            key.lower(): str(text) for key, text in metadata.items() if key.lower() in _TAGS
        }
        self._share = share_there(path) if part is None else 1.0
        self._exact = _is_exact(self._stream)
        self._blocks = self._decode(self._container, self._stream)
        self._held: list[NDArray[np.float32]] = []
        self._skip = 0
        self._position = 0
        self._lost = 0.0  # seconds that could not be decoded
        self._broken = False
        self._ended = False
        try:
            refuse_unusable(path, self._own_rate, self.channels)
        except AudioError:
            self.close()
            raise

    @property
    def length(self) -> int:
        """Samples, counted."""
        own = self._facts().length
        return -(-own * self.rate_hz // self._own_rate)

    @property
    def remark(self) -> str:
        """What is missing."""
        seconds = self._position / self.rate_hz
        if self._share < 1.0:
            there = self.length / self.rate_hz
            if there / self._share - there > MISSED_SECONDS:
                return incomplete(self._path, there, there / self._share)
        if self._ended and self._container.format.name.startswith("mov"):
            promised = _promised(self._container, self._stream)
            if promised - seconds > max(1.0, 0.02 * promised):
                return incomplete(self._path, seconds, promised)
        if self._broken:
            return (
                f"{self._path.name} is damaged: it breaks off after {seconds:.1f} s. "
                "Copy or download it again."
            )
        if self._lost > _LOST_SECONDS:
            return (
                f"{self._path.name} is damaged: {self._lost:.1f} s of it cannot be decoded "
                "and are left out."
            )
        return ""

    def seek(self, frame: int) -> None:
        """Go to a sample: by the index if there is one, by counting packets, or by decoding."""
        self._skip = frame
        if frame / self.rate_hz <= _DECODED_SECONDS:
            return
        with failing_as(f"{self._path.name} is damaged"):
            indexed = self._container.format.name.startswith(_INDEXED)
            target = round(frame * self._own_rate / self.rate_hz)
            by_index = indexed and _is_fine(self._stream)
            if self._exact and not by_index:
                self._blocks = self._decode(self._container, self._stream, count_to=target)
            elif by_index or (not indexed and self._facts().steady):
                self._go_near(target)

    def read(self, frames: int) -> NDArray[np.float32]:
        """The next samples, float32, shape (channels, n)."""
        have = sum(block.shape[1] for block in self._held)
        with failing_as(f"{self._path.name} cannot be decoded"):
            while have < frames:
                block = next(self._blocks, None)
                if block is None:
                    self._ended = True
                    break
                skipped = min(self._skip, block.shape[1])
                self._skip -= skipped
                if skipped < block.shape[1]:  # what is passed over must not be held as empty views
                    self._held.append(block[:, skipped:] if skipped else block)
                    have += block.shape[1] - skipped
        joined = np.concatenate([np.zeros((self.channels, 0), np.float32), *self._held], axis=1)
        self._held = [joined[:, frames:].copy()] if joined.shape[1] > frames else []
        return np.ascontiguousarray(joined[:, :frames])

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()
        if self._part is not None:
            self._part.close()

    def _facts(self) -> _Facts:
        state = self._path.stat()
        part = None if self._part is None else (*self._part.span, self._part.mended)
        with failing_as(f"{self._path.name} is damaged"):
            return _look_through(self._path, part, state.st_size, state.st_mtime_ns)

    def _go_near(self, target: int) -> None:
        """Seek by time stamps to a little before a sample."""
        stream = self._stream
        start, base = stream.start_time or 0, stream.time_base
        if base is None:
            return
        early = target / self._own_rate - _DECODED_BEFORE_SECONDS
        self._container.seek(start + int(early / base), stream=stream)
        self._blocks = self._decode(self._container, stream, starts_at=start)

    def _decode(
        self,
        container: "InputContainer",
        stream: "AudioStream",
        *,
        count_to: int = 0,
        starts_at: int | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Blocks of samples.

        Args:
            container: at its beginning or where it was sought to.
            stream: of it.
            count_to: packets that end well before this sample are counted, not decoded.
            starts_at: the time stamp of sample 0; told where it was sought to.
        """
        import av

        convert = _Converter(self.rate_hz, self.channels)
        places: list[tuple[int, int, int]] = []  # of the packets decoded first: stamp and samples
        heard, empty = False, True
        packets = self._packets(container, stream)
        # Counting takes time: only where it is needed.
        counted = _counted(packets, stream) if count_to else zip(packets, repeat(0), repeat(0))
        for packet, at, end in counted:
            if end < count_to - _DECODED_BEFORE_SECONDS * self._own_rate:
                continue
            if not heard and count_to:
                places.append((packet.pts or 0, at, end))
            empty = empty and not packet.size
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._lost += float((packet.duration or 0) * (stream.time_base or 0))
                continue
            for frame in frames:
                if not heard and (count_to or starts_at is not None):
                    self._arrive(self._place_of(frame, places, starts_at))
                heard = True
                yield from self._pass_on(convert.push(frame))
        yield from self._pass_on(convert.finish())
        if not heard and not empty:
            raise _nothing_decodable(self._path)

    def _place_of(
        self, frame: "AudioFrame", places: list[tuple[int, int, int]], starts_at: int | None
    ) -> int:
        """The sample that the first frame begins with."""
        pts = frame.pts or 0
        if starts_at is not None:
            return round((pts - starts_at) * (frame.time_base or 0) * self._own_rate)
        _, at, end = max((known for known in places if known[0] <= pts), default=places[0])
        # Its decoder may have dropped some of the packet's samples, as it does at the beginning.
        return max(at, end - frame.samples)

    def _arrive(self, reached: int) -> None:
        reached = round(reached * self.rate_hz / self._own_rate)
        self._position, self._skip = reached, max(0, self._skip - reached)

    def _pass_on(self, blocks: list[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        for block in blocks:
            self._position += block.shape[1]
            yield block

    def _packets(
        self, container: "InputContainer", stream: "AudioStream"
    ) -> Iterator["_SoundPacket"]:
        import av

        try:
            yield from container.demux(stream)
        except av.FFmpegError:
            self._broken = True


class _Converter:
    """Frames of any format, rate and layout, as float32 of one rate and number of channels."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = rate_hz, channels
        self._kind: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None
        self._plain = False  # as wanted but for the number of channels

    def push(self, frame: "AudioFrame") -> list[NDArray[np.float32]]:
        """What a frame gives."""
        import av

        if self._plain and frame.sample_rate == self._rate_hz:
            return [self._fitted(frame)]
        kind = frame.format.name, frame.layout.name, frame.sample_rate
        blocks: list[NDArray[np.float32]] = []
        if kind != self._kind:  # joined files may change all of it half-way
            blocks = self.finish()
            self._kind, same = kind, frame.sample_rate == self._rate_hz
            self._plain = same and frame.format.name == "fltp"
            self._resampler = (
                None
                if self._plain
                else av.AudioResampler(format="fltp", layout=frame.layout, rate=self._rate_hz)
            )
        if self._resampler is None:
            return [*blocks, self._fitted(frame)]
        return [*blocks, *map(self._fitted, self._resampler.resample(frame))]

    def finish(self) -> list[NDArray[np.float32]]:
        """What is held back."""
        if self._resampler is None:
            return []
        return [self._fitted(frame) for frame in self._resampler.resample(None)]

    def _fitted(self, frame: "AudioFrame") -> NDArray[np.float32]:
        samples = np.empty((frame.layout.nb_channels, frame.samples), np.float32)
        planes: tuple[Any, ...] = frame.planes
        for row, plane in zip(samples, planes, strict=True):
            row[:] = np.frombuffer(plane, np.float32, len(row))
        if len(samples) == self._channels:
            return samples
        mean = samples.mean(axis=0, keepdims=True, dtype=np.float32)
        return np.repeat(mean, self._channels, axis=0)


def _opened(path: Path, part: Slice | None) -> tuple["InputContainer", "AudioStream"]:
    """Open a file in FFmpeg, held to the table of formats, to this one file, and to a time."""
    import av  # here: it takes 0.2 s to load

    av.logging.set_level(av.logging.PANIC)
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(kind.ffmpeg for kind in FORMATS),
        "codec_whitelist": _codecs(),  # or decoders of pictures would run to look at a video
    }
    limits = _PROBED_SECONDS, _PROBED_SECONDS
    place: Any = f"file:{path}"  # whatever stands before a colon is no protocol
    if part is not None:
        part.seek(0)
        place = part
    try:
        container = av.open(
            place, metadata_errors="replace", container_options=options, timeout=limits
        )
    except av.error.ExitError as error:
        raise AudioError(
            f"{path.name} cannot be read: its disk took longer than {_PROBED_SECONDS:.0f} s."
        ) from error
    except Exception as error:
        raise AudioError(
            f"{path.name} is not a sound file that Earmark can read: it is damaged, not audio, or "
            "of an unknown format. Try another copy, or convert it to WAV or FLAC."
        ) from error
    try:
        return container, _sound_of(path, container)
    except AudioError:
        container.close()
        raise


@lru_cache(maxsize=1)
def _codecs() -> str:
    import av

    return ",".join(sorted(filter(ffmpeg_may_decode, av.codecs_available)))


def _sound_of(path: Path, container: "InputContainer") -> "AudioStream":
    streams = container.streams.audio
    for stream in streams:
        context = stream.codec_context
        if context is not None and ffmpeg_may_decode(context.codec.name):
            return stream
    if streams:
        known = [s.codec_context.codec.name for s in streams if s.codec_context is not None]
        name = f" ({known[0]})" if known else ""
        raise AudioError(
            f"{path.name} is encoded in a way (codec{name}) that Earmark does not know. "
            "Convert it to WAV or FLAC."
        )
    kind = "a video without sound" if container.streams.video else "not a sound file"
    raise AudioError(f"{path.name} is {kind}, so there is nothing to analyse.")


def _is_exact(stream: "AudioStream") -> bool:
    """Whether packets say to the sample how much sound they hold."""
    codec = stream.codec_context.codec.name
    # Opus's frames are whole milliseconds, as are Matroska's time stamps.
    return codec.startswith(_EXACT) and (_is_fine(stream) or codec == "opus")


def _is_fine(stream: "AudioStream") -> bool:
    """Whether its time stamps tell single samples apart."""
    rate, base = stream.codec_context.sample_rate or 1, stream.time_base
    return base is not None and base.denominator >= base.numerator * rate


def _counted(
    packets: Iterator["_SoundPacket"], stream: "AudioStream"
) -> Iterator[tuple["_SoundPacket", int, int]]:
    """Each packet with the first and the last sample it holds, as far as packets tell."""
    base, rate = stream.time_base or 0, stream.codec_context.sample_rate or 0
    at, usual = 0, 0.0
    for packet in packets:
        samples = float((packet.duration or 0) * base * rate)
        if packet.has_sidedata("skip_samples"):
            skip = np.frombuffer(bytes(packet.get_sidedata("skip_samples"))[:8], "<u4")
            at -= int(skip[0])
            if skip[1]:  # some containers have taken it off the duration, some not
                samples = min(samples, max(0.0, max(usual, samples) - int(skip[1])))
        else:
            usual = samples
        end = at + round(samples)
        yield packet, at, end
        at = end


@lru_cache(maxsize=512)
def _look_through(path: Path, span: _Span | None, size: int, changed: int) -> _Facts:
    """Count the samples of a file; ``size`` and ``changed`` tell one state of it from another."""
    with _through(path, span) as (container, stream):
        rate = stream.codec_context.sample_rate or 1
        packets_tell = _is_exact(stream) and not container.format.name.startswith(_INDEXED)
        most = 0.0 if packets_tell else _DECODED_SECONDS * rate
        decoded, counted, whole = _pass_through(container, stream, most)
        if not decoded and counted:
            raise _nothing_decodable(path)
        if packets_tell:
            return _Facts(counted, False)
        promised = _promised(container, stream) * rate
        steady = abs(promised - counted) <= 0.01 * counted
        if whole:
            return _Facts(round(decoded), steady)
        if steady or _is_exact(stream):
            return _Facts(round(promised) if steady else counted, steady)
    with _through(path, span) as (container, stream):
        return _Facts(round(_pass_through(container, stream, math.inf)[0]), False)


@contextmanager
def _through(path: Path, span: _Span | None) -> Iterator[tuple["InputContainer", "AudioStream"]]:
    """A file open once more, to look through it."""
    part = None if span is None else Slice(path, *span)
    container, stream = _opened(path, part)
    try:
        yield container, stream
    finally:
        container.close()
        if part is not None:
            part.close()


def _pass_through(
    container: "InputContainer", stream: "AudioStream", most: float
) -> tuple[float, int, bool]:
    """Samples decoded, up to more than ``most``; samples that packets tell of; whether all were."""
    import av

    rate = stream.codec_context.sample_rate or 1
    decoded, counted, whole = 0.0, 0, True
    with suppress(av.FFmpegError):
        for packet, _, end in _counted(container.demux(stream), stream):
            counted = max(end, 0)
            if decoded > most:
                whole = False
                continue
            with suppress(av.FFmpegError):
                decoded += sum(f.samples * rate / (f.sample_rate or rate) for f in packet.decode())
    return decoded, counted, whole


def _promised(container: "InputContainer", stream: "AudioStream") -> float:
    """Seconds that the header tells of."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / 1_000_000


def _nothing_decodable(path: Path) -> AudioError:
    return AudioError(
        f"{path.name} is damaged: nothing in it can be decoded. Copy or download it again."
    )
