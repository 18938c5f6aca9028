"""Preferences, Computing: what trainings compute on, and why a GPU is not used."""

from desktop import jobs
from desktop.preferences import worker
from desktop.preferences.form import Form, offer
from desktop.preferences.worker import Processors
from desktop.settings import COMPUTE, THREADS, Settings


class ComputingPage(Form):
    """Asks what there is when it is first shown: torch is loaded for that."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        devices = {
            "auto": self.tr("Automatic: the GPU if there is one"),
            "gpu": self.tr("GPU"),
            "cpu": self.tr("Processor (CPU)"),
        }
        self.device = self.chooser(COMPUTE, devices)
        self.add(self.tr("Train on"), self.device)
        self.gpu = self.add_note(self.tr("Looking for a GPU..."))
        self.threads = self.chooser(THREADS, {0: self.tr("Automatic: all but one")})
        self.add(self.tr("Processor threads"), self.threads)
        self.add_note(
            self.tr(
                "For trainings, from the next one on. One thread is left to the window, so that it "
                "stays smooth. Listening and the analysis of files use one thread each."
            )
        )
        jobs.run(
            worker.find_processors,
            on_result=self.show_found,
            on_error=self.gpu.setText,
            parent=self,
        )

    def show_found(self, found: Processors) -> None:
        """Say which GPU is used, or why none is; offer so many threads."""
        words = self.tr(
            "{} is used. If its memory is full, training continues on the processor and says so."
        )
        self.gpu.setText(found.why_not or words.format(found.gpu))
        chosen = self._settings.get(THREADS)
        most = max(found.threads, chosen)
        offered: list[tuple[str, object]] = [(self.tr("Automatic: all but one"), 0)]
        offered += [(str(count), count) for count in range(1, most + 1)]
        offer(self.threads, offered, chosen)
