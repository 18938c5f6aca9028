"""Energy as the hardware counts it; where it does not, "not measured" and never 0.

Chips whose driver NVML does not know are measured through Zeus (the optional extra; You et al.,
"Zeus: Understanding and optimizing GPU energy consumption of DNN training", NSDI 2023), which also
reads AMD's counters and Apple's, and sums the power of GPUs older than NVML's counter.
"""

import contextlib
import math
import os
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

_RAPL = Path("/sys/class/powercap")
_LOOK_SECONDS = 0.5
_WINDOW = "earmark"  # of Zeus


class EnergyMeter:
    """Joules since it was made: the GPU's own counter, and apart from it RAPL's of the processor.

    Where NVML has no counter of the GPU, Zeus is asked, if it is installed.

    Args:
        device: as torch names it; only the GPU in use is counted.
        processor: whether to count the processor too; of several processes on a machine, one does.
        rapl: where the kernel shows RAPL's counters.
    """

    def __init__(self, device: str, *, processor: bool = True, rapl: Path = _RAPL) -> None:
        self._nvml, self._gpu = _open_gpu(device)
        self._zeus = open_zeus(device) if self._nvml is None else None
        self._zones = _zones(rapl) if processor else []
        self._load: float | None = None
        self._looked = -math.inf
        self._gpu_start = self._gpu_joules()
        self._spent = dict.fromkeys(self._zones, 0.0)
        self._last = {zone: _read(zone / "energy_uj") for zone in self._zones}

    @property
    def source(self) -> str:
        """What is counted, in words."""
        names = ["GPU (NVML)"] if self._gpu is not None else []
        names += ["GPU (Zeus)"] if self._zeus is not None else []
        names += ["processor (RAPL)"] if self._zones else []
        return " + ".join(names) or "not measured"

    def joules(self) -> float | None:
        """Of the GPU so far, as Zeus counts them; None: not measured."""
        now = self._gpu_joules()
        if now is not None and self._gpu_start is not None:
            return now - self._gpu_start
        return self._zeus.joules() if self._zeus is not None else None

    def processor_joules(self) -> float | None:
        """Of the processor so far; None: not measured. Ask at least every few minutes."""
        total: float | None = None
        for zone in self._zones:
            current, before = _read(zone / "energy_uj"), self._last[zone]
            if current is None or before is None:
                continue
            gone = current - before
            if gone < 0:  # the counter began again
                gone += _read(zone / "max_energy_range_uj") or 0
            self._spent[zone] += gone / 1e6
            self._last[zone] = current
            total = (total or 0.0) + self._spent[zone]
        return total

    def gpu_load(self) -> float | None:
        """Share of the time that the GPU in use was busy lately, 0 to 1; None: not measured.

        NVML averages over up to a second and takes a moment to answer: it is asked twice a second.
        """
        if self._nvml is None:
            return None
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._looked = time.monotonic()
            try:
                rates = self._nvml.nvmlDeviceGetUtilizationRates(self._gpu)
                self._load = float(rates.gpu) / 100.0
            except self._nvml.NVMLError:
                self._load = None
        return self._load

    def _gpu_joules(self) -> float | None:
        if self._nvml is None:
            return None
        try:
            return float(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._gpu)) / 1000.0
        except self._nvml.NVMLError:
            return None


def _open_gpu(device: str) -> tuple[ModuleType | None, object]:
    if not device.startswith("cuda"):
        return None, None
    try:
        import pynvml
    except ImportError:
        return None, None
    try:
        pynvml.nvmlInit()
        handle = _handle(pynvml, int(device.partition(":")[2] or 0))
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except (pynvml.NVMLError, ValueError):
        return None, None
    return pynvml, handle


def _handle(nvml: ModuleType, index: int) -> object:
    """CUDA numbers the GPUs that it is shown; NVML all there are."""
    shown = os.environ.get("CUDA_VISIBLE_DEVICES", "").strip()
    names = [name.strip() for name in shown.split(",")] if shown else []
    name = names[index] if index < len(names) else str(index)
    if name.isdecimal():
        return nvml.nvmlDeviceGetHandleByIndex(int(name))
    return nvml.nvmlDeviceGetHandleByUUID(name)


def _zones(rapl: Path) -> list[Path]:
    """Whole packages: their parts would be counted twice."""
    found = sorted(rapl.glob("intel-rapl:[0-9]")) if rapl.is_dir() else []
    return [zone for zone in found if _read(zone / "energy_uj") is not None]


def _read(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(path.read_text())
    return None


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
