"""Recording survives being killed, a full disk and a second try at the same name."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.audio import probe, read
from engine.audio.recording import Recorder
from engine.errors import AudioError

ROOT = Path(__file__).resolve().parents[3]
RATE = 48000


def tone(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[None]


@pytest.mark.parametrize("name", ["a.flac", "a.wav"])
def test_what_was_recorded_is_read(tmp_path: Path, name: str) -> None:
    with Recorder(tmp_path / name, rate_hz=RATE) as recorder:
        for start in range(0, RATE * 3, 1000):
            recorder.write(tone(3.0)[:, start : start + 1000])
        assert recorder.seconds == 3.0
    np.testing.assert_allclose(read(tmp_path / name).samples, tone(3.0), atol=2**-22)


@pytest.mark.parametrize("name", ["a.flac", "a.wav"])
def test_a_killed_recording_holds_all_but_the_last_block(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[2])\n"
        "import numpy as np\nfrom engine.audio.recording import Recorder\n"
        "time = np.arange(48000 * 5) / 48000\n"
        "sound = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[None]\n"
        "recorder = Recorder(sys.argv[1], rate_hz=48000)\n"
        "for start in range(0, 48000 * 5, 480): recorder.write(sound[:, start : start + 480])\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, path, ROOT], check=False)
    assert done.returncode == -signal.SIGKILL
    heard, _ = soundfile.read(path, dtype="float32")  # as any other program would
    assert 4.9 <= len(heard) / RATE <= 5.0
    np.testing.assert_allclose(heard, tone(5.0)[0, : len(heard)], atol=2**-22)
    ours = read(path)  # to the last whole block, of which the header of a FLAC knows nothing yet
    assert len(heard) <= ours.length <= 5.0 * RATE
    np.testing.assert_allclose(ours.samples, tone(5.0)[:, : ours.length], atol=2**-22)
    assert (probe(path).duration_seconds, ours.remark) == (ours.length / RATE, "")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", ["a.flac", "a.wav"])
def test_it_opens_from_the_first_moment(tmp_path: Path, name: str, channels: int) -> None:
    """Whatever is on the disk after each write, as a kill would leave it."""
    rng, path, done = np.random.default_rng(7), tmp_path / name, 0
    sound = np.repeat(tone(1.0), channels, axis=0)
    with Recorder(path, rate_hz=RATE, channels=channels) as recorder:
        assert path.read_bytes()[:4] in (b"fLaC", b"RIFF")
        if name == "a.wav":
            assert soundfile.info(path).frames == 0
        while done < RATE * 0.45:
            step = int(rng.integers(1, 2000))
            recorder.write(sound[:, done : done + step])
            done = min(done + step, sound.shape[1])
            if name == "a.flac" and done <= 4096:  # a block that is not full is not written yet
                continue
            left = tmp_path / f"left{path.suffix}"
            left.write_bytes(path.read_bytes())
            heard = read(left).samples  # refuses what is shorter than it says
            assert heard.shape[1] == (done if name == "a.wav" else (done - 1) // 4096 * 4096)
            np.testing.assert_allclose(heard, sound[:, : heard.shape[1]], atol=2**-22)


def test_what_cannot_be_recorded_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot be written"):
        Recorder(tmp_path / "a.flac", rate_hz=RATE, channels=99)
    with pytest.raises(AudioError, match="cannot be created"):
        Recorder("/proc/self/a.flac", rate_hz=RATE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("most", "kind"), [(2**32, "WAV"), (100_000, "RF64")])
def test_a_wav_file_grows_beyond_its_32_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, kind: str
) -> None:
    monkeypatch.setattr("engine.audio.recording._WAV_MOST_BYTES", most)
    path = tmp_path / "a.wav"
    with Recorder(path, rate_hz=RATE, channels=2) as recorder:
        recorder.write(np.repeat(tone(1.0), 2, axis=0))
        recorder.write(np.repeat(tone(1.0), 2, axis=0))
        info = soundfile.info(path)  # while it is being written
        assert (info.format[:4].strip("E"), info.frames) == (kind, 2 * RATE)
    info = soundfile.info(path)
    assert (info.format[:4].strip("E"), info.frames) == (kind, 2 * RATE)
    np.testing.assert_allclose(read(path).samples[1], np.tile(tone(1.0)[0], 2), atol=2**-22)


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_text("precious")
    with pytest.raises(AudioError, match="already exists"):
        Recorder(tmp_path / "a.flac", rate_hz=RATE)
    assert (tmp_path / "a.flac").read_text() == "precious"


def test_another_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"\.flac or \.wav"):
        Recorder(tmp_path / "a.mp3", rate_hz=RATE)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_a_full_disk_keeps_what_was_recorded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    recorder = Recorder(path, rate_hz=RATE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(AudioError, match="disk full"):
            _write_on(recorder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        recorder.close()
    kept = read(path).duration_seconds
    assert kept >= 3.0
    if name == "a.wav":
        assert kept <= 3.5


def _write_on(recorder: Recorder) -> None:
    for _ in range(1000):
        recorder.write(tone(0.1))
