"""The Listen page's bar: which microphone, how loud, and the buttons."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from desktop.plots.clock import clock
from desktop.shared.wording import in_order
from desktop.widgets.level_meter import LevelMeter

_MOST_CHANNELS = 32


class ListenBar(QWidget):
    """Shows and offers; the page decides."""

    device_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.devices = self._chooser(self.tr("Microphone"), self.tr("Microphone to listen to"))
        self.devices.setMinimumWidth(158)  # the default one's words
        self.devices.setMaximumWidth(320)
        self.channels = self._chooser(
            self.tr("Channel"), self.tr("Channel to listen to: one of them, or all mixed")
        )
        self.refresh = self._button(
            self.tr("Refresh"), self.tr("Search for microphones again (F5)")
        )
        self.meter = LevelMeter()
        self.record = self._button(self.tr("Record"), self.tr("Record to a file (R)"))
        self.record.setObjectName("record")
        self.record.setCheckable(True)
        self.record.setMinimumWidth(
            self.record.fontMetrics().horizontalAdvance("Stop 0:00:00") + 34
        )
        self.keep = self._button(
            self.tr("Keep last 30 s"), self.tr("Save the last 30 seconds to a file (K)")
        )
        self.freeze = self._button(
            self.tr("Freeze"), self.tr("Freeze the picture; listening continues (F)")
        )
        self.freeze.setCheckable(True)
        self.why = self._button(
            self.tr("Why?"), self.tr("Show the evidence for the current most probable label (W)")
        )
        self._lay_out()
        self.list_devices([], ("", ""))
        self.devices.currentIndexChanged.connect(self._chosen)
        self.channels.currentIndexChanged.connect(lambda _: self.device_chosen.emit())
        self.set_state(listening=False)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.devices, self.channels, self.refresh, self.meter):
            layout.addWidget(widget)
        layout.addStretch(1)
        for widget in (self.record, self.keep, self.freeze, self.why):
            layout.addWidget(widget)
        in_order(
            self.devices,
            self.channels,
            self.refresh,
            self.record,
            self.keep,
            self.freeze,
            self.why,
        )

    def show_recording(self, seconds: float | None) -> None:
        """Record; while that goes on, Stop with how long it has."""
        on = seconds is not None
        words = self.tr("Stop {}").format(clock(seconds or 0.0)) if on else self.tr("Record")
        self.record.setText(words)
        self.record.setAccessibleName(self.tr("Stop recording") if on else self.tr("Record"))
        self.record.setChecked(on)

    def _chooser(self, name: str, tip: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setToolTip(tip)
        return box

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(words)
        # The mouse leaves the keyboard where it is: Space goes on meaning listen or stop.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @property
    def device(self) -> tuple[str, str]:
        """Name and host API; empty for the default microphone."""
        name, host_api, _ = self.devices.currentData()
        return name, host_api

    @property
    def channel(self) -> int | None:
        """The channel, from 0; None for all."""
        channel: int | None = self.channels.currentData()
        return channel

    def list_devices(self, found: list[Any], wanted: tuple[str, str]) -> None:
        """Offer microphones; the wanted one is chosen if it is among them."""
        self.devices.blockSignals(True)
        self.devices.clear()
        channels = found[0].channels if found else 2
        self.devices.addItem(self.tr("Default microphone"), ("", "", channels))
        for device in found:
            key = (device.id.name, device.id.host_api)
            self.devices.addItem(f"{key[0]}  ({key[1]})", (*key, device.channels))
            if key == wanted:
                self.devices.setCurrentIndex(self.devices.count() - 1)
        self.devices.blockSignals(False)
        self._fill_channels()

    def set_state(self, *, listening: bool) -> None:
        """Which buttons work."""
        for button in (self.record, self.keep, self.freeze, self.why):
            button.setEnabled(listening)
        self.refresh.setEnabled(not listening)
        if not listening:
            self.show_recording(None)
            self.meter.set_level(-120, -120, 0)

    def _chosen(self) -> None:
        self._fill_channels()
        self.device_chosen.emit()

    def _fill_channels(self) -> None:
        count = self.devices.currentData()[2]
        self.channels.blockSignals(True)
        self.channels.clear()
        self.channels.addItem(self.tr("All channels"), None)
        for channel in range(min(count, _MOST_CHANNELS)):
            self.channels.addItem(self.tr("Channel {}").format(channel + 1), channel)
        self.channels.blockSignals(False)
        self.channels.setVisible(count > 1)
