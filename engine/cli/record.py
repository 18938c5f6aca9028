"""``earmark record``."""

import time
from pathlib import Path
from typing import Annotated

import typer

from engine.audio.microphone import Microphone
from engine.audio.recording import Recorder
from engine.cli.listen import Channel, Device, Seconds, chosen_device
from engine.cli.output import notes


def record(
    out: Annotated[Path, typer.Argument(help="A new .flac or .wav file.")],
    device: Device = None,
    channel: Channel = None,
    seconds: Seconds = None,
) -> None:
    """Record the microphone to a file, until Ctrl+C or for so many seconds.

    The file stays readable whatever happens while it is written.
    """
    microphone = Microphone(chosen_device(device), channel=None if channel is None else channel - 1)
    with Recorder(out, rate_hz=microphone.rate_hz) as recorder, microphone:
        notes().print(f"Recording '{microphone.device.id.name}'. Ctrl+C ends it.", markup=False)
        position = 0
        try:
            while seconds is None or recorder.seconds < seconds:
                microphone.check()
                position, samples = microphone.ring.since(position)
                if seconds is not None:
                    samples = samples[:, : round((seconds - recorder.seconds) * microphone.rate_hz)]
                recorder.write(samples)
                position += samples.shape[1]
                time.sleep(0.05)
        except KeyboardInterrupt:
            pass
    notes().print(f"{recorder.seconds:.1f} s recorded to {out}.", markup=False)
