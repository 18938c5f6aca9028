"""Every format: what was written is read; every bad file: one clear sentence."""

import logging
import os
import resource
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.audio import Audio, probe, read, stream, write
from engine.errors import AudioError

Samples = NDArray[np.float32]
RATE = 22050


def music(seconds: float = 2.0, rate: int = RATE, channels: int = 2) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    tones = [0.4 * np.sin(2 * np.pi * hz * time) for hz in (220.0, 331.0, 440.0)][:channels]
    while len(tones) < channels:
        tones.append(tones[-1] * 0.5)
    return np.stack(tones).astype(np.float32)


def encode(path: Path, samples: Samples, rate: int, codec: str, container: str) -> None:
    layout = "mono" if len(samples) == 1 else "stereo"
    with av.open(str(path), "w", format=container) as file:
        track = file.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", layout)
        frame.sample_rate = rate
        for packet in [*track.encode(frame), *track.encode(None)]:
            file.mux(packet)


LOSSLESS = [
    ("WAV", "PCM_U8", 2**-6),
    ("WAV", "PCM_16", 2**-14),
    ("WAV", "PCM_24", 2**-22),
    ("WAV", "PCM_32", 2**-23),
    ("WAV", "FLOAT", 0.0),
    ("WAV", "DOUBLE", 0.0),
    ("RF64", "PCM_24", 2**-22),
    ("W64", "PCM_16", 2**-14),
    ("AIFF", "PCM_16", 2**-14),
    ("FLAC", "PCM_24", 2**-22),
    ("AU", "PCM_16", 2**-14),
    ("CAF", "FLOAT", 0.0),
]


@pytest.mark.parametrize(("container", "subtype", "error"), LOSSLESS)
def test_lossless_files_are_read_exactly(
    tmp_path: Path, container: str, subtype: str, error: float
) -> None:
    path = tmp_path / "sound.DAT"  # the content decides, not the name
    soundfile.write(path, music().T, RATE, subtype=subtype, format=container)
    audio = read(path)
    assert (audio.rate_hz, audio.channels) == (RATE, 2)
    np.testing.assert_allclose(audio.samples, music(), atol=error)
    assert audio.samples.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "rate"), [("a.ogg", 44100), ("a.mp3", 44100), ("a.opus", 48000), ("a.MP3", 32000)]
)
def test_lossy_files_sound_the_same(tmp_path: Path, name: str, rate: int) -> None:
    path = tmp_path / name
    write(path, Audio(music(2.0, rate), rate))
    audio = read(path)
    assert audio.length == pytest.approx(2 * rate, abs=rate * 0.06)
    assert audio.duration_seconds == pytest.approx(probe(path).duration_seconds)
    length = min(audio.length, 2 * rate)
    heard, played = audio.samples[0, :length], music(2.0, rate)[0, :length]
    assert np.corrcoef(heard, played)[0, 1] > 0.99


@pytest.mark.parametrize(
    ("codec", "container"), [("aac", "mp4"), ("aac", "adts"), ("libopus", "webm")]
)
def test_ffmpeg_formats(tmp_path: Path, codec: str, container: str) -> None:
    path = tmp_path / "sound.m4a"
    encode(path, music(2.0, 48000), 48000, codec, container)
    audio = read(path)
    assert (audio.rate_hz, audio.channels) == (48000, 2)
    assert audio.duration_seconds == pytest.approx(2.0, abs=0.1)
    assert audio.duration_seconds == pytest.approx(probe(path).duration_seconds)
    level = np.abs(np.fft.rfft(audio.samples[0, 4800:52800]))
    assert np.argmax(level) == 220


@pytest.mark.parametrize(("name", "rate"), [("a.opus", 44100), ("a.opus", 11025), ("a.mp3", 96000)])
def test_rates_a_lossy_format_lacks_are_changed(tmp_path: Path, name: str, rate: int) -> None:
    write(tmp_path / name, Audio(music(2.0, rate), rate))
    audio = read(tmp_path / name)
    assert audio.rate_hz in (12000, 48000)
    assert audio.duration_seconds == pytest.approx(2.0, abs=0.06)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.m4a", "a.webm", "a.aac"])
def test_a_stretch_is_exact_to_the_sample(tmp_path: Path, name: str) -> None:
    path, rate = tmp_path / name, 44100
    encoded = {".m4a": ("aac", "mp4"), ".webm": ("libopus", "webm"), ".aac": ("aac", "adts")}
    if path.suffix in encoded:
        rate = 48000
        encode(path, music(9.0, rate), rate, *encoded[path.suffix])
    else:
        write(path, Audio(music(9.0, rate), rate))
    whole = read(path)
    part = read(path, start_seconds=6.234, duration_seconds=1.5)
    first = round(6.234 * rate)
    assert part.length == round(1.5 * rate)
    # An MP3 decoder that starts half-way lacks the bits its frames borrow from those before.
    expected = whole.samples[:, first : first + part.length]
    np.testing.assert_allclose(part.samples[:, 4000:], expected[:, 4000:], atol=1e-3)


@pytest.mark.parametrize("block_seconds", [0.01, 0.37, 10.0])
@pytest.mark.parametrize("rate", [None, 16000, 48000])
def test_blocks_joined_are_the_file(tmp_path: Path, block_seconds: float, rate: int | None) -> None:
    path = tmp_path / "a.wav"
    write(path, Audio(music(), RATE))
    blocks = list(stream(path, block_seconds=block_seconds, rate_hz=rate, mono=True))
    joined = np.concatenate([block.samples for block in blocks], axis=1)
    whole = read(path, rate_hz=rate, mono=True)
    assert joined.shape == whole.samples.shape == (1, round(2.0 * (rate or RATE)))
    np.testing.assert_allclose(joined, whole.samples, atol=1e-6)
    assert max(block.length for block in blocks) <= block_seconds * (rate or RATE) + 2000


@pytest.mark.parametrize("rate", [4000, 8000, 192_000, 384_000])
def test_any_rate_and_many_channels(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    write(path, Audio(music(0.5, rate, 8), rate), subtype="FLOAT")
    audio = read(path, rate_hz=16000)
    assert (audio.rate_hz, audio.channels, audio.length) == (16000, 8, 8000)


def test_many_channels_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full((6000, 64), 0.1, np.float32), 384_000)
    blocks = [block.length for block in stream(path, block_seconds=30.0)]
    assert sum(blocks) == 6000
    limit = (
        "import resource, sys; from pathlib import Path; from engine.audio import read\n"
        "pages = int(Path('/proc/self/statm').read_text().split()[0])\n"
        "most = pages * resource.getpagesize() + 300_000_000\n"
        "resource.setrlimit(resource.RLIMIT_AS, (most, most))\n"
        "assert read(sys.argv[1]).samples.shape == (64, 6000)"  # 30 s would be 3 GB
    )
    subprocess.run([sys.executable, "-c", limit, path], cwd=Path(__file__).parents[3], check=True)


def test_probe_tells_format_and_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with soundfile.SoundFile(path, "w", 48000, 1, "PCM_16", format="FLAC") as file:
        file.title, file.artist = "Air", "Bach"
        file.write(music(1.5, 48000, 1).T)
    info = probe(path)
    assert (info.duration_seconds, info.rate_hz, info.channels) == (1.5, 48000, 1)
    assert "FLAC" in info.format
    assert info.tags["title"] == "Air"
    assert info.tags["artist"] == "Bach"


def test_nan_becomes_silence_and_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    samples = music()
    samples[0, 100:110], samples[1, 5000] = np.nan, np.inf
    path = tmp_path / "a.wav"
    soundfile.write(path, samples.T, RATE, subtype="FLOAT")
    with caplog.at_level(logging.WARNING):
        audio = read(path)
    assert audio.repaired == 11
    assert np.isfinite(audio.samples).all()
    assert (audio.samples[0, 100:110] == 0).all()
    assert "11 invalid samples" in caplog.text


def _bad(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "bad.wav"
    if kind == "empty":
        path.touch()
    elif kind == "html":
        path.write_text("\n<!DOCTYPE html><html><body>404 not found</body></html>")
    elif kind == "text":
        path.write_text("these are words, not sound\n" * 50)
    elif kind == "no samples":
        soundfile.write(path, np.zeros((0, 1)), RATE)
    elif kind == "folder":
        path.mkdir()
    elif kind == "cut short":
        soundfile.write(path, music().T, RATE)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "cut short flac":
        soundfile.write(path, music(5.0).T, RATE, format="FLAC")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "video":
        with av.open(str(path), "w", format="mp4") as file:
            track = file.add_stream("mpeg4", rate=10)
            track.width = track.height = 32
            track.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
            for packet in [*track.encode(frame), *track.encode(None)]:
                file.mux(packet)
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "does not exist"),
        ("empty", "empty"),
        ("html", "web page"),
        ("text", "not a sound file"),
        ("no samples", "no sound"),
        ("folder", "is a folder"),
        ("video", "video without sound"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, kind: str, words: str) -> None:
    path = _bad(tmp_path, kind)
    with pytest.raises(AudioError, match=words) as raised:
        read(path)
    assert str(raised.value).endswith((".", "?"))


@pytest.mark.parametrize(("kind", "seconds"), [("cut short", 1.0), ("cut short flac", 2.4)])
def test_what_is_there_of_a_file_cut_short_is_heard_with_a_remark(
    tmp_path: Path, kind: str, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    path = _bad(tmp_path, kind)
    blocks = list(stream(path, block_seconds=0.1))
    assert sum(block.length for block in blocks) == pytest.approx(seconds * RATE, rel=0.05)
    assert [block.remark for block in blocks[:-1]] == [""] * (len(blocks) - 1)
    assert "is incomplete" in blocks[-1].remark
    assert read(path).remark == blocks[-1].remark
    assert blocks[-1].remark in caplog.text


def test_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    write(path, Audio(music(), RATE))
    path.chmod(0)
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; sys.path.insert(0, os.getcwd())\n"
        "from engine.audio import read\nfrom engine.errors import AudioError\n"
        "import soundfile, numpy\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        f"try: read({str(path)!r})\nexcept AudioError as error: print(error)"
    )
    for folder in path.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "do not have permission" in done.stdout, done.stderr


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write(path, Audio(music(0.1), RATE))
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(AudioError, match="could not be written"):
            write(path, Audio(music(5.0), RATE))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.wav"]


def test_unknown_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"\.xyz"):
        write(tmp_path / "a.xyz", Audio(music(), RATE))


def test_too_loud_is_clipped_not_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write(path, Audio(music() * 4, RATE), subtype="PCM_16")
    np.testing.assert_allclose(read(path).samples, np.clip(music() * 4, -1, 1), atol=1e-4)


def test_a_format_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, music(0.5, 48000, 1).T, 48000, format="OGG", subtype="VORBIS")
    assert probe(path).format == "Ogg, Vorbis"
