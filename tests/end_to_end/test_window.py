"""From a sound in the room to words on the screen, and what one keeps of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio import read
from resources import resource
from tests.end_to_end.person import MOST, Person
from tests.end_to_end.screen import ROOT, Screen
from tests.virtual_microphone import VirtualMicrophone

pytestmark = pytest.mark.microphone


def test_the_window_is_there_at_once(screen: Screen) -> None:
    # Not a benchmark: with everything loaded first it would take four seconds and more. Of the
    # processor's time, as others may keep the machine busy.
    screen.start()
    assert screen.app is not None
    fields = Path(f"/proc/{screen.app.pid}/stat").read_text().rpartition(")")[2].split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    screen.key("ctrl+q")
    assert screen.app.wait(240) == 0
    assert used < 3.0


def test_listen_keep_and_lose_the_microphone(
    person: Person, screen: Screen, virtual_microphone: VirtualMicrophone
) -> None:
    person.wait("Microphone closed")
    screen.key("ctrl+1", "space")
    person.wait("Microphone open")
    demo = read(resource("sounds", "demo.ogg"), mono=True, start_seconds=24.0).samples[0]
    virtual_microphone.play(demo[: 44100 * 7]).wait()
    music = Path(screen.environment["HOME"])
    kept = keep(person, screen, music)
    heard = read(kept).samples[0]
    assert np.abs(heard).max() > 0.1
    virtual_microphone.kill()
    person.wait("was disconnected", "has sent nothing")
    virtual_microphone.start()
    person.wait("is back.")
    virtual_microphone.play(demo[: 44100 * 3]).wait()
    kept.unlink()
    # It listens again without being told to.
    assert np.abs(read(keep(person, screen, music)).samples).max() > 0.1
    assert person.quit() == 0
    _says_electronic(kept.with_name("first.flac"), heard)


def keep(person: Person, screen: Screen, music: Path) -> Path:
    """Keep what was heard, by its key."""
    screen.key("k")
    kept = screen.wait(lambda: next(map(str, music.rglob("*kept.flac")), ""), MOST)
    person.wait(f"Saved as {kept}.")
    return Path(kept)


def _says_electronic(path: Path, sound: np.ndarray) -> None:
    from engine.audio import Audio, write

    write(path, Audio(sound[None], 44100))
    command = [sys.executable, "-m", "engine.cli", "classify", "-f", "json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found = json.loads(done.stdout)["classifiers"]
    assert found["genre"]["summary"][0]["label"] == "electronic"


def test_without_a_display_it_tells_and_draws(tmp_path: Path) -> None:
    import os

    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "QT_QPA_PLATFORM")}
    environment["TMPDIR"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "desktop"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=600,
    )
    for word in ("distorted guitar", "classical", "rock", "techno"):
        assert word in done.stdout
    picture = Path(done.stdout.rsplit("window: ", 1)[1].strip())
    assert picture.parent == tmp_path
    assert picture.stat().st_size > 50_000


def test_without_a_display_a_bad_file_is_said(tmp_path: Path) -> None:
    import os

    bad = tmp_path / "bad.wav"
    bad.write_text("<html>not found</html>")
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "desktop", str(bad)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=600,
    )
    assert done.returncode == 2
    assert "web page" in done.stderr
