"""Preferences, Sound: which microphone and channel to hear, which loudspeaker to play on."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QPushButton

from desktop import jobs
from desktop.preferences import worker
from desktop.preferences.form import Form, offer
from desktop.preferences.worker import SoundDevices
from desktop.settings import CHANNEL, DEVICE, HOST_API, OUTPUT, OUTPUT_API, Settings

_ALL = -1  # channels
_LEAST = 2  # channels that are offered where nothing is known of the device


class SoundPage(Form):
    """Searches for devices when it is made; what was chosen and is not there stays chosen."""

    microphone_changed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._found = SoundDevices()
        self.microphone, self.channel, self.output = QComboBox(), QComboBox(), QComboBox()
        self.refresh = QPushButton(self.tr("Search again"))
        self.add(self.tr("Microphone"), self.microphone)
        self.add(self.tr("Channel"), self.channel)
        self.add(self.tr("Play on"), self.output)
        self.note = self.add_note()
        self.rows.addRow("", self.refresh)
        for box in (self.microphone, self.output):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(24)
        self.show_found(SoundDevices())
        self.microphone.currentIndexChanged.connect(self._microphone_chosen)
        self.channel.currentIndexChanged.connect(self._channel_chosen)
        self.output.currentIndexChanged.connect(self._output_chosen)
        self.refresh.clicked.connect(self.look)
        self.look()

    def look(self) -> None:
        """Search for devices again; what is in use is not disturbed."""
        self.note.setText(self.tr("Searching for sound devices..."))
        jobs.run(
            worker.find_devices, on_result=self.show_found, on_error=self.note.setText, parent=self
        )

    def show_found(self, found: SoundDevices) -> None:
        """Offer these, and what was chosen before."""
        self._found = found
        get = self._settings.get
        wanted, played = (get(DEVICE), get(HOST_API)), (get(OUTPUT), get(OUTPUT_API))
        inputs = [self._named(name, api, (name, api)) for name, api, _ in found.inputs]
        outputs = [self._named(*both, both) for both in found.outputs]
        for box, choices, chosen, usual in (
            (self.microphone, inputs, wanted, self.tr("Default microphone")),
            (self.output, outputs, played, self.tr("Default loudspeaker")),
        ):
            offered: list[tuple[str, object]] = [(usual, ("", "")), *choices]
            if chosen not in [value for _, value in offered]:
                offered.append((self.tr("{} (not connected)").format(chosen[0]), chosen))
            offer(box, offered, chosen)
        self._show_channels()
        self.note.setText(found.problem)

    def _named(self, name: str, api: str, value: object) -> tuple[str, object]:
        return f"{name}  ({api})", value

    def _show_channels(self) -> None:
        """As many as the chosen microphone has."""
        chosen = self.microphone.currentData()
        counts = {(name, api): count for name, api, count in self._found.inputs}
        first = next(iter(counts.values()), _LEAST)
        count = first if chosen == ("", "") else counts.get(chosen, _LEAST)
        channel = self._settings.get(CHANNEL)
        offered: list[tuple[str, object]] = [(self.tr("All channels, mixed"), _ALL)]
        offered += [
            (self.tr("Channel {}").format(n + 1), n) for n in range(max(count, channel + 1))
        ]
        offer(self.channel, offered, channel)
        self.channel.setEnabled(len(offered) > 2)

    def _microphone_chosen(self) -> None:
        name, api = self.microphone.currentData()
        for setting, value in ((DEVICE, name), (HOST_API, api), (CHANNEL, _ALL)):
            self._settings.set(setting, value)
        self._show_channels()
        self.microphone_changed.emit()

    def _channel_chosen(self) -> None:
        self._settings.set(CHANNEL, self.channel.currentData())
        self.microphone_changed.emit()

    def _output_chosen(self) -> None:
        name, api = self.output.currentData()
        self._settings.set(OUTPUT, name)
        self._settings.set(OUTPUT_API, api)
