"""Energy through Zeus (the optional extra), for chips whose driver NVML does not know.

Zeus (You et al., "Zeus: Understanding and optimizing GPU energy consumption of DNN training", NSDI
2023) also reads AMD's counters and Apple's, and sums the power of GPUs older than NVML's counter.
"""

import math
import warnings
from typing import Any

_WINDOW = "earmark"


class ZeusMeter:
    """Joules of one chip since it was made.

    Args:
        monitor: a ``zeus.monitor.ZeusMonitor`` of that chip.
    """

    def __init__(self, monitor: Any) -> None:
        self._monitor = monitor
        self._spent = 0.0
        monitor.begin_window(_WINDOW, sync_execution=False)

    def joules(self) -> float:
        """So far."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of no energy since it was last asked, a moment ago
            measured = self._monitor.end_window(_WINDOW, sync_execution=False)
        self._monitor.begin_window(_WINDOW, sync_execution=False)
        self._spent += _joules_of(measured)
        return self._spent


def open_zeus(device: str) -> ZeusMeter | None:
    """A meter of the device, as torch names it; None: Zeus is not installed or knows none."""
    kind, _, index = device.partition(":")
    if kind not in ("cuda", "mps"):
        return None
    try:
        from zeus.exception import ZeusBaseError
        from zeus.monitor import ZeusMonitor
    except ImportError:
        return None
    gpus = [int(index or 0)] if kind == "cuda" else []
    try:
        monitor = ZeusMonitor(gpu_indices=gpus, cpu_indices=[])
        return ZeusMeter(monitor) if gpus or monitor.soc_is_present else None
    except (ZeusBaseError, ValueError, IndexError, RuntimeError):
        return None


def _joules_of(measured: Any) -> float:
    """The GPUs', or of a chip that holds everything its GPU's; of what failed, none."""
    gpus = sum(measured.gpu_energy.values())
    if gpus or measured.soc_energy is None:
        return gpus if math.isfinite(gpus) else 0.0
    return (getattr(measured.soc_energy, "gpu_mj", None) or 0) / 1000.0
