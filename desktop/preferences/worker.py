"""What the Preferences ask of the engine; generators that run in jobs."""

from collections.abc import Generator
from dataclasses import dataclass


@dataclass(frozen=True)
class SoundDevices:
    """What sound can come from and go to.

    Attributes:
        inputs: name, host API and number of channels, the default first.
        outputs: name and host API, the default first.
        problem: why there are none, as a sentence; empty: there are, or none is connected.
    """

    inputs: tuple[tuple[str, str, int], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def find_devices() -> Generator[None, None, SoundDevices]:
    """All microphones and loudspeakers, searched for again."""
    from engine.audio.devices import input_devices, output_devices
    from engine.errors import AudioError

    yield
    try:
        inputs = input_devices(renew=True)
        outputs = output_devices()
    except AudioError as error:
        return SoundDevices(problem=str(error))
    return SoundDevices(
        tuple((d.id.name, d.id.host_api, d.channels) for d in inputs),
        tuple((d.id.name, d.id.host_api) for d in outputs),
    )


@dataclass(frozen=True)
class Processors:
    """What can be computed on.

    Attributes:
        gpu: its name; empty: none can be used.
        why_not: why none can, in sentences.
        threads: of the processor, at most.
    """

    gpu: str
    why_not: str
    threads: int


def find_processors() -> Generator[None, None, Processors]:
    """The GPU, or why none is used. Loads torch."""
    import os

    from engine.training.loop.devices import gpu_name, gpu_problem

    yield
    problem = gpu_problem()
    return Processors("" if problem else gpu_name(), problem, os.cpu_count() or 1)


def look_at_cache() -> Generator[None, None, int]:
    """How many bytes the kept features take."""
    from engine.training.data.prepare import cached

    yield
    return cached()[1]


def empty_cache() -> Generator[None, None, int]:
    """Delete the kept features: what is needed is computed again. Gives the bytes left."""
    from engine.training.data.prepare import cached, clear

    yield
    clear()
    return cached()[1]
