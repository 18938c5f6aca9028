"""What FFmpeg's own program decodes of every codec, container, rate and layout, Earmark hears."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.audio import probe, read, stream
from engine.audio.formats import EXTENSIONS

SECONDS = 2.3


@dataclass(frozen=True)
class Made:
    """A file that the program makes: how long a frame of its codec is at the most."""

    ending: str
    codec: str
    rate: int = 44100
    channels: int = 2
    options: tuple[str, ...] = ()
    muxer: str = ""
    frame: int = 4608

    @property
    def name(self) -> str:
        more = "".join(self.options)
        return f"{self.codec}_{self.rate}_{self.channels}{more}.{self.ending}"


def _made() -> list[Made]:
    plain = ("u8", "s16le", "s24le", "s32le", "f32le", "f64le", "mulaw", "alaw")
    made = [Made("wav", f"pcm_{kind}", 8000, 1, frame=0) for kind in plain]
    made += [Made("wav", codec, 44100, 2) for codec in ("adpcm_ms", "adpcm_ima_wav", "libmp3lame")]
    made += [Made("wav", "libgsm_ms", 8000, 1), Made("wav", "pcm_s24le", 48000, 6, frame=0)]
    made += [Made("wav", "pcm_s16le", 96000, 2, frame=0), Made("w64", "pcm_s16le", frame=0)]
    made += [Made("aiff", codec, 22050, 1, frame=0) for codec in ("pcm_s16be", "pcm_f32be")]
    made += [Made("au", codec, 8000, 1, frame=0) for codec in ("pcm_s16be", "pcm_mulaw")]
    made += [Made("caf", "pcm_s16be", frame=0), Made("caf", "alac")]
    made += [Made("flac", "flac", rate, 2, frame=0) for rate in (8000, 44100, 96000)]
    made += [Made("flac", "flac", 48000, 6, frame=0)]
    for rate, channels in ((8000, 1), (22050, 2), (44100, 1), (48000, 2)):
        made += [
            Made("mp3", "libmp3lame", rate, channels, ("-b:a", "64k")),
            Made("mp3", "libmp3lame", rate, channels, ("-q:a", "4", "-write_xing", "0")),
            Made("aac", "aac", rate, channels, muxer="adts"),
            Made("m4a", "aac", rate, channels, muxer="ipod"),
            Made("ogg", "libvorbis", rate, channels),
            Made("mka", "aac", rate, channels, muxer="matroska"),
            Made("wma", "wmav2", rate, channels, muxer="asf"),
        ]
    for rate, channels in ((8000, 1), (48000, 2)):
        made += [Made(ending, "libopus", rate, channels) for ending in ("opus", "webm")]
    made += [Made("webm", "libvorbis"), Made("ogg", "libspeex", 16000, 1), Made("oga", "flac")]
    made += [Made("wma", "wmav1", muxer="asf"), Made("mp2", "mp2"), Made("mov", "pcm_s16le")]
    made += [Made("mp4", "libmp3lame"), Made("mp4", "alac"), Made("mp4", "ac3", 48000, 6)]
    made += [Made("mka", codec, muxer="matroska") for codec in ("flac", "pcm_s16le", "libmp3lame")]
    return [*made, Made("gsm", "libgsm", 8000, 1)]


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", *arguments], check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, and what the program decodes of each: made by two calls of it."""
    folder = tmp_path_factory.mktemp("made")
    sound = f"sine=440:r=44100:d={SECONDS},tremolo=f=3:d=0.7"
    made = [argument for one in _made() for argument in _how_to_make(folder, one)]
    _ffmpeg("-f", "lavfi", "-i", sound, *made)
    places = [folder / one.name for one in _made()]
    inputs = [argument for place in places for argument in ("-i", str(place))]
    outputs = [
        argument
        for index, place in enumerate(places)
        for argument in ("-map", f"{index}:a", "-f", "s16le", str(place) + ".decoded")
    ]
    _ffmpeg(*inputs, *outputs)
    return folder


def _how_to_make(folder: Path, one: Made) -> list[str]:
    shape = ["-map", "0:a", "-ar", str(one.rate), "-ac", str(one.channels), "-c:a", one.codec]
    muxer = ["-f", one.muxer] if one.muxer else []
    return [*shape, *one.options, "-strict", "-2", *muxer, str(folder / one.name)]


def test_as_many_samples_as_ffmpeg_decodes(folder: Path) -> None:
    wrong = []
    for one in _made():
        path = folder / one.name
        decoded = path.with_name(path.name + ".decoded").stat().st_size // 2 // one.channels
        audio, info = read(path), probe(path)
        rate = 48000 if one.codec == "libopus" else one.rate
        counted = round(info.duration_seconds * info.rate_hz)
        if (
            abs(audio.length - decoded) > one.frame
            or abs(counted - decoded) > one.frame
            or (audio.rate_hz, audio.channels) != (rate, one.channels)
            or (info.rate_hz, info.channels) != (rate, one.channels)
            or audio.remark + info.remark
            or not 0.06 < float(abs(audio.samples).max()) < 0.5
        ):
            wrong.append((one.name, decoded, audio.length, counted, audio.remark, info.remark))
    assert wrong == []


def test_every_ending_made_is_in_the_table() -> None:
    assert {f".{one.ending}" for one in _made()} <= EXTENSIONS


@pytest.mark.parametrize(
    ("ending", "codec", "muxer"),
    [
        ("mp3", "libmp3lame", "mp3"),
        ("aac", "aac", "adts"),
        ("m4a", "aac", "ipod"),
        ("ogg", "libvorbis", "ogg"),
        ("opus", "libopus", "ogg"),
        ("webm", "libvorbis", "webm"),
        ("webm", "libopus", "webm"),
        ("m4a", "alac", "ipod"),
        ("flac", "flac", "flac"),
        ("wma", "wmav2", "asf"),
    ],
)
def test_a_stretch_far_into_a_file_is_exact_to_the_sample(
    tmp_path: Path, ending: str, codec: str, muxer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.audio.decoding.ffmpeg._DECODED_SECONDS", 3.0)
    path = tmp_path / f"long.{ending}"
    sound = "aevalsrc=0.4*sin(2*PI*(200+2*t)*t)+0.1*random(0):s=48000:d=12"
    _ffmpeg("-f", "lavfi", "-i", sound, "-c:a", codec, "-f", muxer, str(path))
    whole = read(path)
    part = read(path, start_seconds=10.123, duration_seconds=1.0)
    first = round(10.123 * 48000)
    expected = whole.samples[:, first : first + part.length]
    assert part.length == 48000
    assert abs(part.samples - expected).max() < 1e-3
    assert probe(path).duration_seconds == pytest.approx(whole.duration_seconds, abs=0.1)


def test_far_into_a_long_file_memory_stays_bounded(tmp_path: Path) -> None:
    # What was passed over used to be held, frame by frame, as empty views of what was decoded.
    import tracemalloc

    path = tmp_path / "long.wma"
    _ffmpeg("-f", "lavfi", "-i", "sine=300:r=8000:d=300", "-c:a", "wmav2", str(path))
    tracemalloc.start()
    try:
        audio = next(iter(stream(path, start_seconds=290, duration_seconds=1.0)))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert audio.length == 8000
    assert most < 3e6
