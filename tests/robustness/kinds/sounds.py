"""Sounds of every format, broken; and whole ones whose headers lie, which must be heard whole."""

import io
import math
import os
import random
import socket
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio.files import probe, read, stream
from engine.errors import AudioError
from engine.pictures.overview import survey
from engine.pictures.view import View
from tests.robustness.damage import broken_bytes
from tests.robustness.victim import Case

SECONDS = 2.0
_OFF_SECONDS = 0.15  # encoders pad by up to two of their frames
_MOST_HEARD_SECONDS = 300.0  # a header can make 2 s into this many by a low rate


@dataclass(frozen=True)
class Base:
    """A whole file and what is in it."""

    name: str
    suffix: str
    data: bytes
    rate_hz: int
    channels: int


def tone(rate_hz: int, channels: int, seconds: float = SECONDS) -> NDArray[np.float32]:
    """A chord with some noise, shape (samples, channels)."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(1).standard_normal((len(time), channels))
    notes = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 550 * time)
    return (0.2 * notes[:, None] + 0.01 * noise).astype(np.float32)


def _by_libsndfile(suffix: str, kind: str, subtype: str, rate_hz: int, channels: int) -> Base:
    out = io.BytesIO()
    soundfile.write(out, tone(rate_hz, channels), rate_hz, subtype, format=kind)
    return Base(f"{kind} {subtype}", suffix, out.getvalue(), rate_hz, channels)


def _by_ffmpeg(suffix: str, kind: str, codec: str, rate_hz: int, channels: int) -> Base:
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        layout = "mono" if channels == 1 else "stereo"
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        samples = np.ascontiguousarray(tone(rate_hz, channels).T)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        context = stream.codec_context
        context.bit_rate = {"libopencore_amrnb": 12_200}.get(codec, 32_000 * channels)
        context.open()
        pieces = av.AudioResampler(
            context.format.name, layout, rate_hz, frame_size=context.frame_size or 1024
        )
        for piece in (*pieces.resample(frame), *pieces.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return Base(f"{kind} {codec}", suffix, out.getvalue(), rate_hz, channels)


def bases() -> list[Base]:
    """A small file of each format, with its encodings that are decoded differently."""
    made = [
        _by_libsndfile(".wav", "WAV", subtype, rate, channels)
        for subtype, rate, channels in (
            *(("PCM_16", 16000, 1), ("PCM_24", 44100, 2), ("PCM_U8", 8000, 1), ("PCM_32", 8000, 1)),
            *(("FLOAT", 48000, 1), ("DOUBLE", 8000, 2), ("ULAW", 8000, 1), ("ALAW", 8000, 2)),
            *(("IMA_ADPCM", 16000, 1), ("MS_ADPCM", 22050, 2), ("GSM610", 8000, 1)),
        )
    ]
    made += [
        _by_libsndfile(*words)
        for words in (
            (".rf64", "RF64", "PCM_16", 16000, 1),
            (".w64", "W64", "PCM_16", 16000, 2),
            (".aiff", "AIFF", "PCM_16", 16000, 1),
            (".aifc", "AIFF", "FLOAT", 8000, 2),
            (".au", "AU", "PCM_16", 16000, 1),
            (".snd", "AU", "ULAW", 8000, 1),
            (".sph", "NIST", "PCM_16", 16000, 1),
            (".caf", "CAF", "PCM_16", 16000, 2),
            (".caf", "CAF", "ALAC_16", 16000, 1),
            (".flac", "FLAC", "PCM_16", 16000, 1),
            (".flac", "FLAC", "PCM_24", 44100, 2),
            (".ogg", "OGG", "VORBIS", 16000, 1),
            (".oga", "OGG", "VORBIS", 44100, 2),
            (".opus", "OGG", "OPUS", 48000, 1),
            (".mp3", "MP3", "MPEG_LAYER_III", 16000, 1),
            (".mp3", "MP3", "MPEG_LAYER_III", 44100, 2),
        )
    ]
    made += [
        _by_ffmpeg(*words)
        for words in (
            (".m4a", "ipod", "aac", 16000, 1),
            (".m4b", "ipod", "alac", 16000, 1),
            (".mp4", "mp4", "aac", 44100, 2),
            (".mov", "mov", "pcm_s16le", 8000, 1),
            (".aac", "adts", "aac", 16000, 1),
            (".webm", "webm", "libopus", 48000, 1),
            (".mkv", "matroska", "pcm_s16le", 16000, 1),
            (".mka", "matroska", "libopus", 48000, 2),
            (".wma", "asf", "wmav2", 16000, 1),
            (".amr", "amr", "libopencore_amrnb", 8000, 1),
            (".3gp", "3gp", "libopencore_amrnb", 8000, 1),
            (".mp2", "mp2", "mp2", 16000, 1),
        )
    ]
    frames = np.random.default_rng(2).integers(0, 256, (round(50 * SECONDS), 33), np.uint8)
    frames[:, 0] = 0xD0 | frames[:, 0] & 0xF  # how each of GSM's frames begins
    return [*made, Base("GSM frames", ".gsm", frames.tobytes(), 8000, 1)]


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    del folder
    known = bases()
    trap = _Trap()

    def make(rng: random.Random, place: Path) -> Case:
        draw = rng.random()
        if draw < 0.6:
            return _broken(rng, rng.choice(known), place)
        if draw < 0.85:
            return rng.choice(_WHOLE)(rng, known, place)
        return rng.choice(_ODD)(rng, known, place, trap)

    return make


def use(path: Path, rng: random.Random, trap: "_Trap | None" = None) -> float:
    """Look at a file, hear all of it, a part of it, and now and then see it; gives its seconds.

    Raises:
        AudioError: it cannot be heard to its end.
    """
    pictured, part = rng.random() < 0.2, rng.random() < 0.5
    try:
        info = probe(path)
        assert 1 <= info.channels <= 64
        assert 4_000 <= info.rate_hz <= 384_000
        assert math.isfinite(info.duration_seconds)
        assert info.duration_seconds > 0
        heard, remark = _heard(path)
        assert remark or abs(heard - info.duration_seconds) <= max(0.5, 0.1 * heard), (
            f"{info.duration_seconds:.3f} s are said, {heard:.3f} s heard, and nothing remarked"
        )
        if part:
            _part(path, info.duration_seconds)
        if pictured:
            _see(path, info.rate_hz)
        return heard
    finally:
        if trap is not None:
            trap.check()


def _heard(path: Path) -> tuple[float, str]:
    """How many seconds, and what is said of those that are missing."""
    seconds, remark = 0.0, ""
    for block in stream(path):
        assert block.samples.dtype == np.float32
        assert np.isfinite(block.samples).all(), "samples that are not finite"
        seconds += block.samples.shape[1] / block.rate_hz
        remark = block.remark
        assert seconds < _MOST_HEARD_SECONDS, "there is no end of it"
    assert seconds > 0
    return seconds, remark


def _part(path: Path, seconds: float) -> None:
    start = seconds / 2
    audio = read(path, start_seconds=start, duration_seconds=0.1, mono=True, rate_hz=8000)
    assert audio.samples.shape[0] == 1
    assert audio.samples.shape[1] <= 8000 * 0.1 + 1
    assert np.isfinite(audio.samples).all(), "a part that is not finite"


def _see(path: Path, rate_hz: int) -> None:
    (*_, last) = survey(path, View("stft", rate_hz, rows=32))
    assert np.isfinite(last.envelope.levels[0]).all(), "a waveform that is not finite"


def _case(what: str, path: Path, act: Callable[[], object], **more: bool) -> Case:
    return Case(what, act, untouched=(path,), **more)


def _written(place: Path, name: str, data: bytes) -> Path:
    path = place / name
    path.write_bytes(data)
    return path


def _broken(rng: random.Random, base: Base, place: Path) -> Case:
    how, data = broken_bytes(rng, base.data)
    suffix = base.suffix if rng.random() < 0.9 else rng.choice((".wav", ".mp3", ".m4a", ".ogg"))
    path = _written(place, f"sound{suffix}", data)
    return _case(f"{base.name}{suffix}, {how}", path, lambda: use(path, rng))


# Whole ones: they must be heard to their end.

Whole = Callable[[random.Random, list[Base], Path], Case]


def _whole(
    what: str, path: Path, rng: random.Random, seconds: float = SECONDS, off: float = _OFF_SECONDS
) -> Case:
    def act() -> None:
        heard = use(path, rng)
        assert abs(heard - seconds) <= off, f"{heard:.3f} s instead of {seconds:.3f}"

    return _case(f"{what}: {seconds:.1f} s", path, act, refusable=False)


def _of(known: list[Base], rng: random.Random, start: str) -> Base:
    return rng.choice([base for base in known if base.name.startswith(start)])


def _just_so(rng: random.Random, known: list[Base], place: Path) -> Case:
    base = rng.choice(known)
    other = rng.choice(known).suffix  # the content decides, not the name
    names = (f"sound{base.suffix}", f"sound{other}", f"SOUND{base.suffix.upper()}", "no ending")
    path = _written(place, rng.choice(names), base.data)
    return _whole(f"{base.name} as {path.name}", path, rng)


def _lying_wav(rng: random.Random, known: list[Base], place: Path) -> Case:
    """Sizes as pipes and dying recorders leave them; rates that nothing depends on."""
    base = _of(known, rng, "WAV PCM")
    data = bytearray(base.data)
    at = data.index(b"data") + 4
    sizes = (0, 0xFFFFFFFF, 0x7FFFF000, 0x80000000, 0x7FFFFFFF, 0xFFFFFFFE)
    said = []
    if rng.random() < 0.7:
        size = rng.choice(sizes)
        struct.pack_into("<I", data, at, size)
        said.append(f"data size {size:#x}")
    if rng.random() < 0.5 or not said:
        size = rng.choice(sizes)
        struct.pack_into("<I", data, 4, size)
        said.append(f"RIFF size {size:#x}")
    if rng.random() < 0.3:
        rate = rng.choice((0, 1, 2**32 - 1, 12345))
        struct.pack_into("<I", data, data.index(b"fmt ") + 16, rate)
        said.append(f"byte rate {rate}")
    path = _written(place, "lies.wav", bytes(data))
    return _whole(f"{base.name}, {', '.join(said)}", path, rng)


def _chunky_wav(rng: random.Random, known: list[Base], place: Path) -> Case:
    """Chunks of others before or after the data, of odd sizes too."""
    base = _of(known, rng, "WAV PCM")
    name = rng.choice((b"LIST", b"JUNK", b"bext", b"id3 ", b"cue ", b"PEAK", b"zzzz"))
    size = rng.choice((0, 1, 7, 602, 603, 5000))
    chunk = name + struct.pack("<I", size) + bytes(size + size % 2)
    at = base.data.index(b"fmt ") if rng.random() < 0.5 else len(base.data)
    data = bytearray(base.data[:at] + chunk + base.data[at:])
    struct.pack_into("<I", data, 4, len(data) - 8)
    where = "behind" if at == len(base.data) else "before"
    path = _written(place, "chunks.wav", bytes(data))
    return _whole(f"{base.name}, {name!r} of {size} bytes {where}", path, rng)


def _trailing(rng: random.Random, known: list[Base], place: Path) -> Case:
    """A tag or the garbage of a broken copy behind the sound."""
    base = _of(known, rng, rng.choice(("WAV PCM", "AIFF", "FLAC", "MP3", "RF64", "W64")))
    tag = rng.choice((b"TAG" + bytes(125), b"APETAGEX" + bytes(24), b"ID3\x03" + bytes(6)))
    path = _written(place, f"tag{base.suffix}", base.data + tag)
    return _whole(f"{base.name} with {tag[:8]!r} behind", path, rng)


def _tagged_before(rng: random.Random, known: list[Base], place: Path) -> Case:
    base = _of(known, rng, rng.choice(("MP3", "FLAC", "adts")))
    size = rng.choice((10, 300, 70_000))
    tag = b"ID3\x03\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)
    path = _written(place, f"id3{base.suffix}", tag + base.data)
    return _whole(f"{base.name} behind a tag of {size} bytes", path, rng)


def _joined(rng: random.Random, known: list[Base], place: Path) -> Case:
    """One file after the other, as 'cat' joins them."""
    base = _of(known, rng, rng.choice(("MP3", "OGG VORBIS", "OGG OPUS", "adts")))
    count = rng.choice((2, 3))
    path = _written(place, f"joined{base.suffix}", base.data * count)
    return _whole(f"{count} times {base.name}", path, rng, count * SECONDS, count * 0.15)


def _unknown_length(rng: random.Random, known: list[Base], place: Path) -> Case:
    """What writers to pipes leave in the place of the length."""
    kind = rng.choice(("FLAC", "AU", "CAF PCM", "AIFF PCM", "W64"))
    base = _of(known, rng, kind)
    data = bytearray(base.data)
    if kind == "FLAC":
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    elif kind == "AU":
        struct.pack_into(">I", data, 8, 0xFFFFFFFF)
    elif kind == "CAF PCM":
        struct.pack_into(">q", data, data.index(b"data") + 4, -1)
    elif kind == "W64":
        struct.pack_into("<Q", data, 16, rng.choice((0, 2**63 - 1, 2**64 - 1)))
    else:
        struct.pack_into(">I", data, 4, rng.choice((0, 0xFFFFFFFF, 0x7FFFFFFF)))
    path = _written(place, f"length{base.suffix}", bytes(data))
    return _whole(f"{base.name} without its length", path, rng)


def _cut_pcm(rng: random.Random, known: list[Base], place: Path) -> Case:
    """A copy that broke off: what is there is heard, with or without an error at its end."""
    base = _of(known, rng, rng.choice(("WAV PCM", "AIFF PCM", "FLAC PCM", "AU PCM", "CAF PCM")))
    share = rng.uniform(0.3, 0.95)
    path = _written(place, f"cut{base.suffix}", base.data[: round(share * len(base.data))])

    def act() -> None:
        seconds = 0.0
        try:
            for block in stream(path, block_seconds=0.1):
                seconds += block.samples.shape[1] / block.rate_hz
        except AudioError:
            assert seconds >= 0.8 * share * SECONDS - 0.35, f"only {seconds:.2f} s are heard"
            raise
        assert seconds >= 0.8 * share * SECONDS - 0.35, f"only {seconds:.2f} s are heard"

    return _case(f"{base.name}, {share:.2f} of it", path, act)


def _not_finite(rng: random.Random, known: list[Base], place: Path) -> Case:
    del known
    rate, channels = rng.choice((8000, 44100)), rng.choice((1, 2, 5))
    samples = tone(rate, channels)
    for _ in range(rng.choice((1, 10, 1000))):
        value = rng.choice((np.nan, np.inf, -np.inf, 1e20, -1e30, 3.4e38, 1e-45))
        samples[rng.randrange(len(samples)), rng.randrange(channels)] = value
    kind = rng.choice(("WAV", "AIFF", "AU", "CAF", "W64"))
    path = place / f"wild.{kind.lower()}"
    with np.errstate(over="ignore"):
        soundfile.write(path, samples, rate, rng.choice(("FLOAT", "DOUBLE")), format=kind)

    def act() -> None:
        assert abs(use(path, rng) - SECONDS) < 0.01
        mixed = read(path, mono=True, rate_hz=16000)
        assert np.isfinite(mixed.samples).all(), "mixed and resampled it is not finite"

    return _case(f"{kind} of {channels} channels with wild numbers", path, act)


def _many_channels(rng: random.Random, known: list[Base], place: Path) -> Case:
    del known
    channels = rng.choice((1, 2, 3, 6, 8, 24, 64, 65, 200, 1024))
    rate = rng.choice((1, 3999, 4000, 5512, 11025, 96000, 192000, 384000, 384001, 2**31 - 1))
    count = rng.choice((1, 2, 100, 4000))
    path = place / "many.wav"
    soundfile.write(path, np.zeros((count, channels), np.float32) + 0.1, rate, "PCM_16")
    usable = channels <= 64 and 4000 <= rate <= 384_000

    def act() -> None:
        try:
            heard = use(path, rng)
        except AudioError:
            assert not usable
            raise
        assert usable
        assert abs(heard * rate - count) < 1

    return _case(f"{count} samples of {channels} channels at {rate} Hz", path, act)


_WHOLE: tuple[Whole, ...] = (
    *(_just_so, _lying_wav, _lying_wav, _chunky_wav, _trailing, _tagged_before, _joined),
    *(_unknown_length, _cut_pcm, _not_finite, _many_channels),
)


# What is no sound at all, or none that may be opened.


class _Trap:
    """A port that nobody may call, and a file that nobody may read."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/secret.wav"

    def check(self) -> None:
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return
        raise AssertionError("it called an address")


Odd = Callable[[random.Random, list[Base], Path, _Trap], Case]


def _refused(what: str, path: Path, rng: random.Random, trap: _Trap) -> Case:
    def act() -> None:
        seconds = use(path, rng, trap)
        raise AssertionError(f"it was heard as {seconds:.2f} s of sound")

    return _case(what, path, act)


def _playlist(rng: random.Random, known: list[Base], place: Path, trap: _Trap) -> Case:
    """FFmpeg would follow these: to other files, and into the network."""
    other = _written(place, "other.wav", known[0].data)
    goal = rng.choice((trap.address, str(other), "other.wav", f"file:{other}", f"concat:{other}"))
    texts = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{goal}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile '{goal}'\n",
        "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nt=0 0\nm=audio 5 RTP/AVP 0\n",
        "list.mpd": f'<MPD><Period><AdaptationSet mimeType="audio/mp4"><Representation>'
        f"<BaseURL>{goal}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "list.pls": f"[playlist]\nFile1={goal}\nNumberOfEntries=1\n",
        "list.asx": f'<asx version="3.0"><entry><ref href="{goal}"/></entry></asx>',
        "list.imf": f"<CompositionPlaylist>{goal}</CompositionPlaylist>",
    }
    name, text = rng.choice(sorted(texts.items()))
    name = name if rng.random() < 0.5 else "list.wav"
    return _refused(f"{name} of {goal}", _written(place, name, text.encode()), rng, trap)


def _no_sound(rng: random.Random, known: list[Base], place: Path, trap: _Trap) -> Case:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("sound.wav", known[0].data)
    contents = {
        "nothing": b"",
        "a web page": b"\n <!DOCTYPE html><html><body>Not found</body></html>",
        "text": b"RIFF is a word. " * rng.choice((1, 1000)),
        "a ZIP": zipped.getvalue(),
        "zeros": bytes(rng.choice((1, 44, 100_000))),
        "ones": b"\xff" * rng.choice((1, 44, 100_000)),
        "a program": b"\x7fELF" + rng.randbytes(3000),
        "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(128)) * 20,
        "AppleDouble": b"\0\x05\x16\x07\0\x02\0\0Mac OS X" + rng.randbytes(60),
        "a MIDI file": b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0",
    }
    name, content = rng.choice(sorted(contents.items()))
    suffix = rng.choice([base.suffix for base in known if base.suffix != ".gsm"])  # has no head
    path = _written(place, f"not{suffix}", content)
    if name in ("zeros", "ones", "a program"):  # one may take these for an MPEG stream
        return _case(f"{name} as {path.name}", path, lambda: use(path, rng, trap))
    return _refused(f"{name} as {path.name}", path, rng, trap)


def _random(rng: random.Random, known: list[Base], place: Path, trap: _Trap) -> Case:
    heads = (b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"fLaC", b"OggS", b"ID3", b"\xff\xfb")
    heads += (b"FORM", b".snd", b"caff", b"\0\0\0\x20ftypM4A ", b"\x1a\x45\xdf\xa3", b"#!AMR\n")
    heads += (
        b"MATLAB 5.0 MAT-file",
        b"2BIT",
        b"NIST_1A\n",
        b"Creative Voice File",
        b"SDS",
        b"PVF1",
    )
    heads += (b"Extended Instrument:", b"\x64\xa3\x01\x00", b"\xf0\x7e\x00\x01", b"ALaw", b"wvpk")
    head = rng.choice(heads)
    path = _written(place, f"random{rng.choice(known).suffix}", head + rng.randbytes(5000))
    return _case(f"noise behind {head!r}", path, lambda: use(path, rng, trap))


def _chimera(rng: random.Random, known: list[Base], place: Path, trap: _Trap) -> Case:
    """The head of one format on the body of another."""
    one, two = rng.sample(known, 2)
    at = rng.choice((4, 12, 44, 64, 500, 3000))
    path = _written(place, f"both{rng.choice((one, two)).suffix}", one.data[:at] + two.data[at:])
    return _case(f"{at} bytes of {one.name}, then {two.name}", path, lambda: use(path, rng, trap))


def _no_file(rng: random.Random, known: list[Base], place: Path, trap: _Trap) -> Case:
    """What has a name and is no plain file."""
    path = place / f"thing{rng.choice(known).suffix}"
    what = rng.choice(("pipe", "folder", "device", "loop", "dangling", "gone", "socket"))
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "loop":
        path.symlink_to(path.name)
    elif what == "dangling":
        path.symlink_to("nowhere")
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))

    def act() -> None:
        use(path, rng, trap)
        raise AssertionError("it was heard")

    return Case(f"a {what}", act)


def _strange_name(rng: random.Random, known: list[Base], place: Path, trap: _Trap) -> Case:
    base = rng.choice(known)
    names = ("2022-07-08-birdnet-14:26:11", "http:", "concat:a|b", "file:", "pipe:0", "-i", "a%03d")
    names += (
        "[x]",
        "a\nb",
        "ü",
        "日本",
        "data:audio",
        "subfile,,start,1,end,2,,:x",
        "?",
        "x" * 200,
    )
    name = rng.choice(names)
    os.chdir(place)  # by a relative name, which a library may take for a protocol
    path = _written(place, f"{name}{base.suffix}", base.data)

    def act() -> None:
        try:
            heard = use(Path(path.name), rng, trap)
            assert abs(heard - SECONDS) <= _OFF_SECONDS
        finally:
            os.chdir(place.parents[1] / "cwd")

    return _case(f"{base.name} named {name!r}", path, act, refusable=False)


_ODD: tuple[Odd, ...] = (
    *(_playlist, _playlist, _no_sound, _no_sound, _random, _random, _chimera, _no_file),
    _strange_name,
)
