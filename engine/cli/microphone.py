"""``earmark listen``, ``earmark record`` and ``earmark devices``: what needs a microphone."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.audio.devices import DeviceId, input_devices, supported_rates
from engine.audio.microphone import Microphone
from engine.audio.recording import Recorder
from engine.classifier.catalog import DEFAULT, Catalog
from engine.cli.output import data, notes, tell_earlier
from engine.cli.watching import microphone as schedules
from engine.errors import AudioError
from engine.export.words import one_line, visible
from engine.recognition.decisions import Decider

Device = Annotated[str | None, typer.Option(help="Name of the microphone, or part of it.")]
Channel = Annotated[int | None, typer.Option(min=1, help="Use one channel; the default mixes all.")]
Seconds = Annotated[float | None, typer.Option(min=0.1, help="Stop after this many seconds.")]
Classifiers = Annotated[
    list[str] | None,
    typer.Option("--classifier", "-c", help="Name or path of a classifier; can be repeated."),
]


def chosen_device(name: str | None) -> DeviceId | None:
    """The device that a name, or a part of one, means.

    Raises:
        AudioError: none or several have that name.
    """
    if name is None:
        return None
    ids = [device.id for device in input_devices()]
    exact = [found for found in ids if found.name == name]
    matching = exact or [found for found in ids if name.lower() in found.name.lower()]
    if len(matching) == 1:
        return matching[0]
    what = "Several microphones match" if matching else "No microphone matches"
    raise AudioError(f"{what} '{name}': 'earmark devices' lists them.")


def listen(  # noqa: PLR0913  # the options of a command
    device: Device = None,
    channel: Channel = None,
    classifier: Classifiers = None,
    seconds: Seconds = None,
    schedule: schedules.Hours = None,
    quiet: schedules.Quiet = None,
    database: schedules.Kept = None,
    keep: schedules.KeepIn = None,
    keep_label: schedules.KeepLabels = None,
    before: schedules.Before = 3.0,
    after: schedules.After = 5.0,
    quota: schedules.Quota = None,
    when_full: schedules.Full = schedules.WhenFull.stop,
    move_to: schedules.MoveTo = None,
    rules: schedules.Rules = None,
) -> None:
    """Classify the sound of the microphone until Ctrl+C, with about one line per second.

    Each line: seconds since the start, level, then for each classifier what it hears.

    With --database it listens for days: at the hours of --schedule, waiting for a microphone that
    has gone, with every gap noted. --keep records only sound in which something is detected.

    Example: 'earmark listen --schedule 05:00-09:00 -d dawn.sqlite --keep dawn/ --quota 20'.
    """
    options = schedules.Options(
        *(schedule or (), quiet or (), database, keep, keep_label or (), before, after, quota),
        *(when_full, move_to, rules),
    )
    number = None if channel is None else channel - 1
    if options.any:
        schedules.listen_by(
            options,
            device or "default",
            lambda: _found_again(device, number),
            classifier or DEFAULT,
            seconds,
        )
        return
    _listen(Microphone(chosen_device(device), channel=number), classifier or DEFAULT, seconds)


def _found_again(name: str | None, channel: int | None) -> Microphone:
    """The microphone, looked for among those that are plugged in by now."""
    input_devices(renew=True)
    return Microphone(chosen_device(name), channel=channel)


def _listen(microphone: Microphone, names: Sequence[str], seconds: float | None) -> None:
    """Say what is heard, until interrupted or so much was."""
    from engine.recognition.live import listen as updates_of  # brings torch along

    classifiers = Catalog().load_all(names)
    tell_earlier(Catalog(), names)
    deciders = {
        name: Decider(model.card.labels, model.card.rules()) for name, model in classifiers.items()
    }
    notes().print(
        f"Listening to '{microphone.device.id.name}'. Press Ctrl+C to stop.", markup=False
    )
    with microphone:
        try:
            for update in updates_of(microphone, classifiers):
                said = []
                for name, timeline in update.rows.items():
                    decisions = deciders[name].push(timeline)
                    if decisions:
                        said.append(f"{name}: {one_line(decisions[-1].verdict)}")
                if said:
                    level, stats = microphone.level(), update.stats
                    sys.stdout.write(
                        f"{stats.seconds:7.1f} s  {level.rms_db:6.1f} dBFS  {'; '.join(said)}\n"
                    )
                    sys.stdout.flush()
                if seconds is not None and update.stats.seconds >= seconds:
                    break
        except KeyboardInterrupt:
            return
        stats = update.stats
    notes().print(
        f"{stats.seconds:.0f} s analysed, {stats.latency_seconds * 1000:.0f} ms latency, "
        f"{stats.dropped_samples} samples lost, {stats.skipped_windows} windows skipped."
    )


def record(
    out: Annotated[Path, typer.Argument(help="A new .flac or .wav file.")],
    device: Device = None,
    channel: Channel = None,
    seconds: Seconds = None,
) -> None:
    """Record the microphone to a file, until Ctrl+C or for a number of seconds.

    The file stays readable whatever happens while it is written.
    """
    microphone = Microphone(chosen_device(device), channel=None if channel is None else channel - 1)
    with microphone, Recorder(out, rate_hz=microphone.rate_hz) as recorder:
        notes().print(
            f"Recording '{microphone.device.id.name}'. Press Ctrl+C to stop.", markup=False
        )
        lost, broken = _fill(recorder, microphone, seconds)
    _say_kept(out, recorder.seconds, lost / microphone.rate_hz, broken)


def _fill(
    recorder: Recorder, microphone: Microphone, seconds: float | None
) -> tuple[int, AudioError | None]:
    """Record until the time is up or the microphone has gone: samples lost, and why it went."""
    position = lost = 0
    broken = None
    try:
        while broken is None and (seconds is None or recorder.seconds < seconds):
            try:
                microphone.check()
            except AudioError as error:
                broken = error  # what came before is still in the ring
            first, samples = microphone.ring.since(position)
            if seconds is not None:
                samples = samples[:, : round((seconds - recorder.seconds) * microphone.rate_hz)]
            recorder.write(samples)
            lost += first - position
            position = first + samples.shape[1]
            time.sleep(0.05)
    except KeyboardInterrupt:
        pass
    return lost + microphone.dropped, broken


def _say_kept(out: Path, seconds: float, lost_seconds: float, broken: AudioError | None) -> None:
    """What was recorded, and what is missing in it.

    Raises:
        AudioError: why it ended early, and what is kept.
    """
    if lost_seconds > 0:
        notes().print(
            f"{lost_seconds:.2f} s of sound were lost while recording: the computer was too busy "
            "or the device lost samples. They are missing in the file.",
            markup=False,
        )
    if broken is not None and seconds == 0:
        out.unlink(missing_ok=True)  # made a moment ago, without a sound in it
        raise AudioError(f"{broken} Nothing was recorded.")
    if broken is not None:
        raise AudioError(
            f"{broken} {seconds:.1f} s were recorded before and are kept in {visible(str(out))}."
        )
    notes().print(f"{seconds:.1f} s recorded to {visible(str(out))}.", markup=False)


def devices() -> None:
    """List the microphones and other audio inputs."""
    found = input_devices(renew=True)
    if not found:
        raise AudioError("No microphone found. Plug one in and try again.")
    table = Table("Name", "Host API", "Channels", "Current rate (Hz)", "Supports (Hz)", "Default")
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
