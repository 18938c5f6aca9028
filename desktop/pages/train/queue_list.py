"""The list of trainings beside the form: what waits, runs, is done."""

from PySide6.QtCore import QObject, Signal

from desktop.pages.train.queue import Training, TrainQueue
from desktop.pages.train.setup import TrainSetup


class TrainList(QObject):
    """Shows the queue in the setup's list and buttons; tells which training was selected."""

    selected = Signal(object)

    def __init__(self, setup: TrainSetup, queue: TrainQueue, parent: QObject) -> None:
        super().__init__(parent)
        self._setup, self._queue = setup, queue
        queue.changed.connect(self._show)
        setup.remove.clicked.connect(self._remove)
        setup.queue.currentRowChanged.connect(lambda _: self._select())
        setup.queue.itemClicked.connect(lambda _: self._select())

    def _show(self) -> None:
        listed, trainings = self._setup.queue, self._queue.trainings
        listed.blockSignals(True)
        row = listed.currentRow()
        while listed.count() > len(trainings):
            listed.takeItem(listed.count() - 1)
        while listed.count() < len(trainings):
            listed.addItem("")
        for index, training in enumerate(trainings):
            listed.item(index).setText(f"{training.order.title}: {training.state}")
        listed.setCurrentRow(min(row, len(trainings) - 1))
        listed.blockSignals(False)
        current = self._queue.current
        self._setup.set_state(
            running=current is not None,
            paused=current is not None and current.control.paused,
            stopping=current is not None and current.control.stopping,
            sweep=current is not None and current.is_sweep,
        )
        self._show_removable()

    def _chosen(self) -> Training | None:
        row, trainings = self._setup.queue.currentRow(), self._queue.trainings
        return trainings[row] if 0 <= row < len(trainings) else None

    def _show_removable(self) -> None:
        chosen = self._chosen()
        removable = chosen is not None and chosen is not self._queue.current
        self._setup.show_queue(bool(self._queue.trainings), removable)

    def _select(self) -> None:
        self._show_removable()
        chosen = self._chosen()
        if chosen is not None:
            self.selected.emit(chosen)

    def _remove(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._queue.remove(chosen)
