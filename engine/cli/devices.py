"""``earmark devices``."""

from rich.table import Table

from engine.audio.devices import input_devices, supported_rates
from engine.cli.output import data
from engine.errors import AudioError


def devices() -> None:
    """List the microphones and other inputs."""
    found = input_devices(renew=True)
    if not found:
        raise AudioError("There is no microphone: plug one in, then try again.")
    table = Table("Name", "Host API", "Channels", "Runs at (Hz)", "Can do (Hz)", "Default")
    for device in found:
        table.add_row(
            device.id.name,
            device.id.host_api,
            str(device.channels),
            str(device.rate_hz),
            ", ".join(str(rate) for rate in supported_rates(device)),
            "yes" if device.is_default else "",
        )
    data().print(table)
