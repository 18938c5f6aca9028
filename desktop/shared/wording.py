"""Text shared by the pages: the pointer's position in words, predictions as bars."""

import itertools
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from desktop.plots.clock import clock, percent
from desktop.plots.tracks.lanes import Stretch
from desktop.plots.tracks.spectrogram import SpectrogramTrack
from desktop.widgets.predictions import Bar
from engine.pictures.view import View, note_name
from engine.recognition.decisions import Candidate, Decision, Segment
from engine.recognition.said.answer import Answer

SAY_WHY = "show the evidence for a label"  # what one for files only cannot do


def place(view: View, track: SpectrogramTrack, seconds: float, height: float) -> str:
    """Time, frequency, note and level under the pointer."""
    parts = [clock(seconds, 0.01)]
    value = track.value_at(seconds, height)
    if view.frequencies:
        hz = view.hz_at(min(1.0, max(0.0, height)))
        parts += [f"{hz:,.0f} Hz", note_name(hz)]
        if value is not None:
            parts.append(f"{value:.0f} dB")
    elif value is not None:
        parts.append(f"{value:.2f}")
    return "    ".join(part for part in parts if part)


def bars(decision: Decision) -> list[Bar]:
    """A decision's candidates as bars: what is heard first."""
    order = sorted(decision.candidates, key=lambda candidate: not candidate.heard)
    return [Bar(c.label, c.probability, c.heard, c.reason, c.threshold, _holds(c)) for c in order]


def said_bars(answer: Answer) -> list[Bar]:
    """An answer's candidates as bars: what is said first."""
    return [
        Bar(
            line.candidate.label,
            line.candidate.probability,
            line.said,
            line.candidate.reason,
            line.candidate.threshold,
            line.holds,
            line.coming,
        )
        for line in answer.lines
    ]


def _holds(candidate: Candidate) -> bool:
    return candidate.heard and candidate.probability < candidate.threshold


def stretches(segments: Iterable[Segment]) -> list[Stretch]:
    """Segments as stretches for the lanes."""
    return [Stretch(s.start_seconds, s.end_seconds, s.label, s.mean_probability) for s in segments]


def explained(lane: str, decisions: Sequence[Decision], seconds: float) -> str:
    """All candidates of a lane at a moment, with why each was rejected."""
    nearest = min(decisions, key=lambda decision: abs(decision.time - seconds))
    lines = [f"{lane}, {clock(seconds, 0.1)}: {nearest.verdict}"]
    for candidate in nearest.candidates[:6]:
        reason = candidate.reason or "detected"
        lines.append(f"{candidate.label}  {percent(candidate.probability)}  {reason}")
    return "\n".join(lines)


def in_order(*widgets: QWidget) -> None:
    """Let Tab go through them like this."""
    for before, after in itertools.pairwise(widgets):
        QWidget.setTabOrder(before, after)


def none_enabled(names: Sequence[str]) -> str:
    """That there is nothing to wait for, if no classifier is to be loaded."""
    words = "No classifier is enabled. Choose some on the Models page."
    return "" if names else QCoreApplication.translate("Reading", words)


def only_part(seconds: float) -> str:
    """That what was written is not of the whole file."""
    words = QCoreApplication.translate(
        "Reading", " Only the first {} is included: the rest has not been analysed yet."
    )
    return words.format(clock(seconds, 1.0))
