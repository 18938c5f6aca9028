"""What goes into the queue of the Train page: trainings, sweeps, and those broken off."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.pages.train import worker
from desktop.pages.train.queue import TrainQueue
from desktop.pages.train.source import TrainMaterial
from desktop.pages.train.sweep.dialog import SweepDialog
from desktop.pages.train.sweep.worker import SweepOrder, broken_off
from desktop.pages.train.worker import Order
from desktop.session import Session
from engine.errors import EarmarkError
from engine.training.sweeps.plan import Preset, Source, Sweep


class TrainOrders(QObject):
    """Makes orders of what is chosen; says why one cannot be made."""

    refused = Signal(str)

    def __init__(
        self, session: Session, queue: TrainQueue, material: TrainMaterial, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._queue, self._material = session, queue, material

    def start(self) -> None:
        """Train what is chosen, at once or after what is being trained."""
        if self._allowed():
            self._material.remember()
            recipe, folder = self._material.model.recipe, self._material.folder
            self._queue.add(Order(f"{recipe.title}, {folder.name}", recipe, folder))

    def _allowed(self) -> bool:
        problem = self._material.model.problem
        if problem:
            self.refused.emit(problem)
        return not problem

    def unfinished(self) -> list[Path]:
        """Runs that were broken off, the newest first."""
        mine = {training.folder for training in self._queue.trainings}
        found = worker.unfinished(self._session.runs_folder)
        return [folder for folder in found if folder not in mine]

    def resume(self, folder: Path) -> None:
        """Go on with a run or sweep that was broken off."""
        try:
            is_sweep = (folder / "plan.json").is_file()
            order = broken_off(folder) if is_sweep else Order(folder.name, None, folder, folder)
        except EarmarkError as error:
            self.refused.emit(str(error))
            return
        self._queue.add(order)

    def ask_sweep(self, parent: QWidget) -> None:
        """Ask what is to vary, and train it all."""
        if not self._allowed():
            return
        dialog = SweepDialog(self._material.model.recipe, parent)
        dialog.asked.connect(self.start_sweep)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def start_preset(self, preset: Preset) -> None:
        """A course's sweep of the recipe as it is."""
        try:
            recipe = self._material.model.recipe.changed(preset.changes)
        except EarmarkError as error:
            self.refused.emit(str(error))
            return
        self.start_sweep(Sweep(recipe, preset.spans))

    def start_sweep(self, sweep: Sweep) -> None:
        """Train it at once, or after what is being trained."""
        folder = self._material.folder
        names = ", ".join(path.rpartition(".")[2].replace("_", " ") for path in sweep.spans)
        title = self.tr("Sweep of {}, {}").format(names, folder.name)
        self._material.remember()
        self._queue.add(SweepOrder(title, sweep, Source(folder)))

    def busy(self) -> list[Path]:
        """Folders of what waits or runs."""
        live = [t for t in self._queue.trainings if t.job is None or t is self._queue.current]
        return [folder for t in live if (folder := t.folder or t.order.resume) is not None]
