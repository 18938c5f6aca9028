"""Headers that lie, files joined or cut, and what only looks like sound."""

import io
import os
import socket
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.audio import EXTENSIONS, probe, read, stream
from engine.audio.files import find_audio
from engine.audio.formats import FORMATS
from engine.errors import AudioError

SOUNDS = Path(__file__).resolve().parents[2] / "data" / "sounds"
RATE = 16000

# Right lengths, of files whose headers say something else or that hold more than one stream.
SECONDS = {
    "vbr_no_xing.mp3": 4.049,  # MP3 of changing bit rate that does not say how long it is
    "xing_zero.mp3": 4.024,  # says 0 frames
    "xing_huge.mp3": 4.024,  # says 10 million frames
    "joined_rate.mp3": 8.13,  # two MP3s, one after the other, at two rates
    "chained_rate.ogg": 8.0,  # two Ogg streams, at two rates
    "gap.opus": 6.0,  # time stamps that leap, as after lost packets
    "total_0.flac": 4.0,  # written into a pipe
    "adpcm_ms.wav": 4.072,
    "dwvw.aiff": 4.0,  # an encoding that nothing can seek in
    "flute.gsm": 4.0,
    "flute.amr": 4.0,
}


@pytest.mark.parametrize(("name", "seconds"), SECONDS.items())
def test_all_of_it_is_heard(name: str, seconds: float) -> None:
    frame = 0.035  # of any of these codecs
    audio, info = read(SOUNDS / name), probe(SOUNDS / name)
    assert audio.duration_seconds == pytest.approx(seconds, abs=frame)
    assert info.duration_seconds == pytest.approx(seconds, abs=frame)
    assert (audio.remark, info.remark) == ("", "")
    middle = audio.samples[:, : audio.length // 10 * 10].reshape(10, -1)
    assert np.abs(middle).max(axis=1).min() > 0.01, "a part of it is silent"


@pytest.mark.parametrize("name", ["seek.wav", "seek.flac", "seek.m4a", "unknown.wav"])
def test_what_cannot_be_decoded_is_said_in_a_sentence(name: str) -> None:
    with pytest.raises(AudioError, match=rf"^{name} .*\.$"):
        read(SOUNDS / name)


@pytest.mark.parametrize("name", ["chained_rate.ogg", "joined_rate.mp3", "dwvw.aiff", "flute.amr"])
def test_a_stretch_of_the_end_is_what_is_there(name: str) -> None:
    whole = read(SOUNDS / name)
    begin = round(whole.duration_seconds - 1.5, 2)
    part = read(SOUNDS / name, start_seconds=begin, duration_seconds=1.0)
    first = round(begin * whole.rate_hz)
    np.testing.assert_allclose(
        part.samples, whole.samples[:, first : first + whole.rate_hz], atol=1e-4
    )


def _tone(seconds: float = 4.0) -> NDArray[np.float32]:
    return (0.4 * np.sin(np.arange(round(seconds * RATE)) / 8)).astype(np.float32)


def _written(kind: str, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, _tone(), RATE, format=kind, subtype=subtype)
    return file.getvalue()


def _put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def _wav(riff: int | None = None, size: int | None = None, **fields: int) -> bytes:
    """A WAV whose header says what it should not."""
    data = _written("WAV")
    assert data[36:40] == b"data"
    for at, value in ((4, riff), (40, size), (28, fields.get("byte_rate"))):
        if value is not None:
            data = _put(data, at, struct.pack("<I", value))
    if "block_align" in fields:
        data = _put(data, 32, struct.pack("<H", fields["block_align"]))
    return data


def _with_chunk(name: bytes, body: bytes, *, pad: bool = True) -> bytes:
    data = _written("WAV")
    chunk = name + struct.pack("<I", len(body)) + body + b"\0" * (pad * len(body) % 2)
    return data[:12] + chunk + data[12:]


LENGTHS = (0, 0xFFFFFFFF, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0x7FFFF024, 0xFFFFFFDB)
WHOLE: dict[str, Callable[[], bytes]] = {
    **{f"data size {size:#x}": partial(_wav, size=size) for size in LENGTHS},
    **{f"riff size {size:#x}": partial(_wav, riff=size) for size in LENGTHS},
    **{f"both {size:#x}": partial(_wav, riff=size, size=size) for size in LENGTHS},
    **{f"byte rate {rate}": partial(_wav, byte_rate=rate) for rate in (0, 1, 2**31)},
    **{f"block {n}": partial(_wav, block_align=n) for n in (0, 1, 4, 6, 65535)},
    "16 bytes over": lambda: _wav(size=len(_tone()) * 2 + 16),
    "odd bext, long": lambda: _with_chunk(b"bext", b"x" * 603),
    "odd bext, short": lambda: _with_chunk(b"bext", b"x" * 5),
    "odd bext without padding": lambda: _with_chunk(b"bext", b"x" * 603, pad=False),
    "odd bext without padding, short": lambda: _with_chunk(b"bext", b"x" * 5, pad=False),
    "aiff with tags": lambda: _written("AIFF") + b"ID3 \x00\x00\x00\x40" + b"\0" * 64,
    "aiff with rubbish": lambda: _written("AIFF") + b"TAG" + b"\xff" * 125,
    "wav with tags": lambda: _written("WAV") + b"TAG" + b"\xff" * 125,
    "w64 of unknown length": lambda: _unknown_w64(),
    "au of unknown length": lambda: _put(_written("AU"), 8, b"\xff" * 4),
    "au of length 0": lambda: _put(_written("AU"), 8, b"\0" * 4),
    "rf64 never finished": lambda: _put(_written("RF64"), 20, b"\0" * 24),
    "rf64 of unknown length": lambda: _put(_written("RF64"), 20, b"\xff" * 24),
    "wav behind tags": lambda: b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 10 + _written("WAV"),
    "flac behind tags": lambda: b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 10 + _written("FLAC"),
    "caf of unknown length": lambda: _unknown_caf(),
    "flac of unknown length": lambda: _flac(0),
    "flac longer than it says": lambda: _flac(2 * RATE),
    "flac of a length nobody records": lambda: _flac(2**36 - 1),
}


def _unknown_w64() -> bytes:
    data = _written("W64")
    at = data.index(b"data\xf3\xac") + 16
    return _put(_put(data, at, struct.pack("<Q", 2**63 - 1)), 16, struct.pack("<Q", 2**63 - 1))


def _unknown_caf() -> bytes:
    data = _written("CAF")
    return _put(data, data.index(b"data") + 4, b"\xff" * 8)


def _flac(length: int) -> bytes:
    data = _written("FLAC")
    fixed = int.from_bytes(data[18:26], "big") >> 36 << 36
    return _put(data, 18, (fixed | length).to_bytes(8, "big"))


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_file_is_whole_whatever_its_header_says(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(WHOLE[kind]())
    audio, info = read(path), probe(path)
    assert (audio.remark, info.remark) == ("", "")
    assert info.duration_seconds == pytest.approx(4.0, abs=0.01)
    np.testing.assert_allclose(audio.samples[0, : len(_tone())], _tone(), atol=2**-14)


@pytest.mark.parametrize("kind", ["WAV", "RF64", "AIFF", "W64", "CAF", "AU"])
def test_a_file_that_lacks_counted_sound_is_heard_with_a_remark(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "sound.wav"
    data = _written(kind)
    path.write_bytes(data[: len(data) - 2 * RATE * 2])
    audio = read(path)
    assert audio.duration_seconds == pytest.approx(2.0, abs=0.01)
    assert "is incomplete: 2.0 s of 4.0 s are there" in audio.remark
    assert probe(path).remark == audio.remark


def test_a_flac_that_was_cut_knows_how_long_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sound.flac"
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE)
    soundfile.write(path, noise, RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio, info = read(path), probe(path)
    assert info.duration_seconds == pytest.approx(2.0, abs=0.4)
    assert audio.duration_seconds == pytest.approx(info.duration_seconds, abs=0.3)
    assert "is incomplete" in audio.remark
    assert "of 4.0 s are there" in info.remark


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    pipe, listening = tmp_path / "x.wav", tmp_path / "y.wav"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listening))
        for path in (pipe, listening, Path("/dev/zero")):
            for look in (probe, read):
                with pytest.raises(AudioError, match="pipe or a device"):
                    look(path)
    with pytest.raises(AudioError, match="No sound file"):
        find_audio([tmp_path])


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("2022-07-08-birdnet-14:26:11.amr", "concat:a.mp3", "http:x.amr", "%d.amr"):
        Path(name).write_bytes((SOUNDS / "flute.amr").read_bytes())
        assert read(name).duration_seconds == pytest.approx(4.0)
    name = os.fsdecode(b"caf\xe9.amr")  # no UTF-8
    Path(name).write_bytes((SOUNDS / "flute.amr").read_bytes())
    assert read(name).duration_seconds == pytest.approx(4.0)


PLAYLISTS = {
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    "dash": "<MPD><Period><AdaptationSet><BaseURL>{}</BaseURL></AdaptationSet></Period></MPD>",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_file_leads_to_no_other(tmp_path: Path, kind: str) -> None:
    other = tmp_path / "secret.wav"
    other.write_bytes(_written("WAV"))
    path = tmp_path / "list.wav"
    path.write_text(PLAYLISTS[kind].format(other))
    with pytest.raises(AudioError, match="not a sound"):
        read(path)


@pytest.mark.parametrize("kind", ["MAT4", "MAT5", "SDS", "PAF", "XI", "VOC", "HTK", "PVF"])
def test_formats_out_of_the_table_are_opened_by_no_library(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"sound.{kind.lower()}"
    subtype = "DPCM_16" if kind == "XI" else "PCM_16"
    soundfile.write(path, _tone(0.1), 44100, format=kind, subtype=subtype)
    with pytest.raises(AudioError, match="not a sound file that Earmark can read"):
        read(path)


def test_samples_far_over_full_scale_never_become_infinite(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    samples = np.stack([_tone(), _tone()], axis=1)
    samples[1000:2000] = 3e38
    samples[2000:2100] = -1e20
    samples[3000:3100] = np.nan
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    for rate in (None, 22050):
        audio = read(path, rate_hz=rate, mono=True)
        assert np.isfinite(audio.samples).all()
        assert np.abs(audio.samples).max() < 1
        assert audio.repaired == 2 * 1200


def test_every_failure_of_a_library_is_an_audio_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import av

    path = tmp_path / "a.wav"
    path.write_bytes(_written("WAV"))
    for error in (ValueError("x"), AttributeError("x"), OverflowError("x"), MemoryError()):

        def fails(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(soundfile.SoundFile, "read", fails)
            patch.setattr(av, "open", fails)
            with pytest.raises(AudioError, match=r"\.$"):
                list(stream(path))
            with pytest.raises(AudioError, match=r"\.$"):
                probe(SOUNDS / "flute.amr")


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = bytearray((SOUNDS / "vbr_no_xing.mp3").read_bytes())
    data[9000:9800] = os.urandom(800)
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    read(path)
    assert capfd.readouterr() == ("", "")


def test_hidden_files_are_passed_over_in_folders(tmp_path: Path) -> None:
    for name in ("._a.wav", ".trash/b.wav", "c.wav", "d/e.wma"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(_written("WAV"))
    assert [path.name for path in find_audio([tmp_path])] == ["c.wav", "e.wma"]


def test_the_table_of_formats_is_whole() -> None:
    endings = [ending for kind in FORMATS for ending in kind.endings]
    assert len(endings) == len(set(endings)) == len(EXTENSIONS)
    assert {".wma", ".amr", ".w64", ".caf", ".au", ".mka", ".gsm", ".opus"} <= EXTENSIONS
    assert all(ending == ending.lower() and ending.startswith(".") for ending in endings)


def test_the_guide_has_the_table_of_formats() -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "file.md").read_text("utf-8")
    rows = [line.split("|")[2] for line in guide.splitlines() if line.startswith("|")]
    named = {word.strip("`") for row in rows for word in row.split() if word.startswith("`.")}
    assert named == set(EXTENSIONS)
