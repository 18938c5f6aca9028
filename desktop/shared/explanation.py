"""The evidence for a prediction: computed in a job, laid over the spectrogram, put into words."""

from collections.abc import Callable, Generator

import numpy as np
from PySide6.QtCore import QObject, Signal

from desktop import jobs
from desktop.plots.clock import clock, percent
from desktop.plots.tracks.overlay import Overlay
from desktop.settings import COLOURS, VIEW, WAVEFORM_ONLY, Settings
from desktop.shared.tracks import Tracks
from desktop.widgets.why_strip import WhyStrip
from engine.explain.explanation import Explanation, highlight, over_time, strongest
from engine.pictures.view import View

_DOUBTFUL = 0.1  # a gap from which the shares are not to be trusted
# Each stands out from the colours of these maps; the other one from those of all others.
_COLD_MAPS = ("viridis", "cividis")
_WARM, _COLD = "#ff5fb0", "#35e8ff"

ExplanationTask = Callable[[], Generator[float, None, Explanation]]


class Why(QObject):
    """One explanation at a time over one page's tracks.

    Args:
        tracks: of the page.
        view: what its spectrogram shows now.
        settings: the shared ones.
    """

    found = Signal()
    closed = Signal()

    def __init__(self, tracks: Tracks, view: Callable[[], View], settings: Settings) -> None:
        super().__init__(tracks)
        self._tracks, self._view, self._settings = tracks, view, settings
        self._job: jobs.Job | None = None
        self.explanation: Explanation | None = None
        self.strip = WhyStrip()
        self.strip.closed.connect(self.close)
        tracks.style_applied.connect(self._show)

    @property
    def open(self) -> bool:
        """Whether something is shown or looked for."""
        return not self.strip.isHidden()

    def ask(self, work: ExplanationTask, words: str) -> None:
        """Compute the evidence for a prediction; the one shown before is removed."""
        self.prepare(words)
        self._job = jobs.run(
            work,
            on_event=lambda shares: self.strip.set_progress(shares[-1]),
            on_result=self._found,
            on_error=self._failed,
            parent=self,
        )

    def prepare(self, words: str) -> None:
        """Say what will be looked for as soon as its sound is there."""
        self._drop()
        self.strip.wait_for(words)

    def say(self, words: str) -> None:
        """Say why there is nothing to explain."""
        self._drop()
        self.strip.say(words, "", None)

    def close(self) -> None:
        """Take it away, or stop looking."""
        if self.open:
            self._drop()
            self.strip.hide()
            self.closed.emit()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.explanation = None
        self._tracks.spectrogram.set_overlay(None)

    def _failed(self, message: str) -> None:
        self._job = None
        self.strip.say(message, "", None)

    def _found(self, explanation: Explanation) -> None:
        self._job = None
        self.explanation = explanation
        self._show()
        self.found.emit()

    def _show(self) -> None:
        """Lay it over the picture as that is now."""
        found = self.explanation
        if found is None:
            return
        overlay = overlay_of(found, self._view(), self._settings.get(COLOURS))
        self._tracks.spectrogram.set_overlay(overlay)
        at = clock(sum(found.window_seconds) / 2, 0.1)
        words = self.tr("Evidence for {} at {} ({})")
        text = words.format(found.label, at, found.words)
        self.strip.say(text, self._notes(found), overlay.hue)

    def _notes(self, found: Explanation) -> str:
        """Where it spoke most, and what this picture cannot show."""
        notes = []
        for spot in strongest(found, 1):
            when = f"{clock(spot.start_seconds, 0.1)} - {clock(spot.end_seconds, 0.1)}"
            hz = f", {spot.low_hz:,.0f} - {spot.high_hz:,.0f} Hz" if spot.low_hz is not None else ""
            notes.append(self.tr("Strongest: {}.").format(when + hz))
        if not notes:
            notes.append(self.tr("No part of the sound supports this label."))
        if found.axis == "time":
            notes.append(
                self.tr(
                    "The features of this classifier have no frequencies, so only times are shown."
                )
            )
        elif self._settings.get(VIEW) == WAVEFORM_ONLY:
            notes.append(self.tr("Choose 'Spectrum' below to see where."))
        elif not self._view().frequencies:
            notes.append(self.tr("This picture has no frequency axis, so only times are shown."))
        if found.gap > _DOUBTFUL:
            notes.append(
                self.tr(
                    "The explanation is approximate (its parts are off by {} in total)."
                ).format(percent(found.gap))
            )
        return " ".join(notes)


def overlay_of(found: Explanation, view: View, colour_map: str) -> Overlay:
    """An explanation on the axis of a picture; of time alone where one of them has no other."""
    edges = found.edges_hz if view.frequencies else None
    if edges is None:
        values, heights = highlight(over_time(found)), np.asarray([0.0, 1.0])
    else:
        values = highlight(found)
        heights = np.asarray([view.fraction_of(hz) for hz in edges.tolist()])
    hue = _WARM if colour_map in _COLD_MAPS else _COLD
    return Overlay(values, found.begin_seconds, found.end_seconds, heights, hue)
