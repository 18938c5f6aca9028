"""Real players through the microphone: what is wrongly named is corrected, twice at most."""

from pathlib import Path

import numpy as np

from desktop.widgets.listen_button import ListenButton
from pictures.person import Missing
from tests.virtual_microphone import RATE
from walks.hearing import correct, heard
from walks.stage import Samples, Stage, mono
from walks.walker import Step

LABELS = ("flute", "piano", "acoustic-guitar", "drums", "mallets")
_SOURCES = 3  # of each label
_PHRASES, _PHRASE_SECONDS, _NOTE_SECONDS = 3, 12.0, 2.0
_WITHIN = 10.0  # seconds in which other notes are to be named rightly
_LEAST = 0.3  # of a note, in seconds


def corrected_players(stage: Stage) -> None:
    """Five labels by three sources: corrected twice at most, then judged on other notes."""
    walker = stage.walker
    found = {label: sources(stage.recordings / "players", label) for label in LABELS}
    if not all(found.values()):
        raise Missing("the recordings of players are not there")
    with walker.step("listen"):
        walker.page = "Listen"
        walker.click("Listen", ListenButton)
        walker.see("Microphone open")
        walker.rest(12)
    right: list[tuple[str, Path]] = []  # without any correction
    for label, folders in found.items():
        for folder in folders:
            with walker.step(f"{label.replace('-', ' ')}: {folder.parent.name}") as step:
                if _source(stage, label, folder, step):
                    right.append((label, folder))
    kept = 0
    with walker.step("what was right before, once more") as step:
        for label, folder in right:
            with heard(stage, phrases(folder)[-1]):
                kept += _named_within(stage, label) is not None
        step.note = f"{kept} of {len(right)} sources that needed no correction are still right"
        walker.click("Stop", ListenButton)


def sources(players: Path, label: str) -> list[Path]:
    """Folders with enough notes of a label, of different sources."""
    folders = sorted(players.glob(f"*/{label}")) if players.is_dir() else []
    return [folder for folder in folders if len(list(folder.iterdir())) >= 6][:_SOURCES]


def phrases(folder: Path) -> list[Samples]:
    """Different notes of a source for each of two corrections, and others to judge by."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    order = np.random.default_rng(7).permutation(len(files))
    parts: list[list[Samples]] = [[] for _ in range(_PHRASES)]
    for number, at in enumerate(order[: 6 * _PHRASES]):
        samples = mono(files[at])
        loud = np.flatnonzero(np.abs(samples) > 0.01)
        note = samples[loud[0] : loud[0] + round(_NOTE_SECONDS * RATE)]
        if len(note) > _LEAST * RATE:
            parts[number % _PHRASES].append(note)
    length = round(_PHRASE_SECONDS * RATE)
    return [np.resize(np.concatenate(notes), length) for notes in parts]


def _source(stage: Stage, label: str, folder: Path, step: Step) -> bool:
    """Correct where it is wrong; whether that was never so."""
    corrections, said = 0, []
    *lessons, exam = phrases(folder)
    for phrase in lessons:
        with heard(stage, phrase):
            seconds = _named_within(stage, label)
            said.append(_said(stage) or "nothing")
            if seconds is None:
                correct(stage, label.replace("-", " "), step)
                corrections += 1
        stage.walker.rest(3)
    with heard(stage, exam):
        seconds = _named_within(stage, label)
    said.append(_said(stage) or "nothing")
    stage.walker.rest(3)
    words = f"rightly after {seconds:.1f} s" if seconds is not None else "WRONG"
    step.note = f"{corrections} corrections; said {', then '.join(said)}; other notes {words}"
    return corrections == 0 and seconds is not None


def _said(stage: Stage) -> str:
    line = stage.window.page("listen").answer.line  # type: ignore[attr-defined]
    return str(line.words) if line.named else ""


def _named_within(stage: Stage, label: str) -> float | None:
    """Seconds of sound until the answer names a label; None: it does not."""
    page = stage.window.page("listen")
    begun = float(page.stream.latest.stats.seconds)  # type: ignore[attr-defined]
    wanted = label.replace("-", " ")
    while True:
        now = float(page.stream.latest.stats.seconds) - begun  # type: ignore[attr-defined]
        if wanted in _said(stage):
            return now
        if now > _WITHIN:
            return None
        stage.walker.rest(0.1)
