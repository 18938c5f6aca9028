"""Joules are those of the counters; where there are none, nothing is claimed."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from engine.training.loop.energy import EnergyMeter, open_zeus


def _zone(root: Path, name: str, microjoules: int, most: int = 1_000_000_000) -> Path:
    zone = root / name
    zone.mkdir(parents=True, exist_ok=True)
    (zone / "energy_uj").write_text(f"{microjoules}\n")
    (zone / "max_energy_range_uj").write_text(f"{most}\n")
    return zone


def test_nothing_that_counts_is_not_measured(tmp_path: Path) -> None:
    meter = EnergyMeter("cpu", rapl=tmp_path / "none")
    assert meter.joules() is None
    assert meter.source == "not measured"
    assert EnergyMeter("cpu", rapl=tmp_path).joules() is None


def test_rapl_grows_wraps_and_counts_whole_packages(tmp_path: Path) -> None:
    first = _zone(tmp_path, "intel-rapl:0", 5_000_000)
    _zone(tmp_path, "intel-rapl:0:0", 1_000_000)  # a part of the first
    second = _zone(tmp_path, "intel-rapl:1", 999_000_000)
    meter = EnergyMeter("cpu", rapl=tmp_path)
    assert meter.source == "processor (RAPL)"
    assert meter.joules() is None  # a processor is no GPU
    assert meter.processor_joules() == 0.0
    _zone(tmp_path, "intel-rapl:0", 9_000_000)
    _zone(tmp_path, "intel-rapl:0:0", 3_000_000)
    assert meter.processor_joules() == pytest.approx(4.0)
    _zone(tmp_path, "intel-rapl:1", 2_000_000)  # began again at 1000 J
    assert meter.processor_joules() == pytest.approx(4.0 + 3.0)
    assert meter.processor_joules() == pytest.approx(7.0)
    (first / "energy_uj").unlink()
    (second / "energy_uj").write_text("no number")
    assert meter.processor_joules() is None or meter.processor_joules() >= 0.0


class _Nvml(SimpleNamespace):
    class NVMLError(Exception):
        pass


def _nvml(monkeypatch: pytest.MonkeyPatch, millijoules: dict[object, int]) -> _Nvml:
    fake = _Nvml(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetHandleByUUID=lambda name: name,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: millijoules[handle],
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    return fake


@pytest.mark.parametrize(
    ("shown", "device", "counted"),
    [
        ("", "cuda", 0),
        ("", "cuda:1", 1),
        ("1,0", "cuda:0", 1),
        ("0,GPU-abc", "cuda:1", "GPU-abc"),
    ],
)
def test_the_gpu_in_use_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, device: str, counted: object
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    spent: dict[object, int] = {0: 100, 1: 200, "GPU-abc": 300}
    _nvml(monkeypatch, spent)
    meter = EnergyMeter(device, rapl=tmp_path)
    assert meter.source == "GPU (NVML)"
    for gpu in spent:
        spent[gpu] += 2500 if gpu == counted else 7_000_000
    assert meter.joules() == pytest.approx(2.5)


def test_gpu_and_processor_are_figures_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    spent: dict[object, int] = {0: 0}
    _nvml(monkeypatch, spent)
    _zone(tmp_path, "intel-rapl:0", 0)
    meter = EnergyMeter("cuda", rapl=tmp_path)
    assert meter.source == "GPU (NVML) + processor (RAPL)"
    spent[0] = 1000
    _zone(tmp_path, "intel-rapl:0", 500_000)
    assert meter.joules() == pytest.approx(1.0)  # as Zeus: the GPU alone
    assert meter.processor_joules() == pytest.approx(0.5)


def test_a_gpu_that_does_not_count_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = _nvml(monkeypatch, {})

    def refuse(_handle: object) -> int:
        raise fake.NVMLError

    fake.nvmlDeviceGetTotalEnergyConsumption = refuse
    meter = EnergyMeter("cuda", rapl=tmp_path)
    assert meter.joules() is None
    assert meter.source == "not measured"


def test_the_gpus_load_is_asked_for_twice_a_second_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = _nvml(monkeypatch, {0: 0})
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    asked: list[object] = []

    def rates(handle: object) -> SimpleNamespace:
        asked.append(handle)
        return SimpleNamespace(gpu=87)

    fake.nvmlDeviceGetUtilizationRates = rates
    meter = EnergyMeter("cuda", rapl=tmp_path)
    assert [meter.gpu_load() for _ in range(5)] == [0.87] * 5
    assert asked == [0]
    assert EnergyMeter("cpu", rapl=tmp_path).gpu_load() is None
    _zone(tmp_path, "intel-rapl:0", 0)
    assert EnergyMeter("cpu", rapl=tmp_path, processor=False).processor_joules() is None


class _Monitor:
    """As Zeus's: windows by name, joules between their ends; knows one GPU and an Apple chip."""

    total = 10.0
    made: dict[str, Any]

    def __init__(self, gpu_indices: list[int], cpu_indices: list[int]) -> None:
        if gpu_indices not in ([], [1]):
            raise ValueError("no such GPU")
        assert cpu_indices == []
        self.soc_is_present = True
        self._gpus = gpu_indices
        self._began: dict[str, float] = {}

    def begin_window(self, key: str, *, sync_execution: bool) -> None:
        assert not sync_execution
        self._began[key] = _Monitor.total

    def end_window(self, key: str, *, sync_execution: bool) -> SimpleNamespace:
        spent = _Monitor.total - self._began.pop(key)
        gpus = dict.fromkeys(self._gpus, spent)
        chip = SimpleNamespace(gpu_mj=1000 * spent, cpu_total_mj=7)
        return SimpleNamespace(gpu_energy=gpus, soc_energy=None if gpus else chip)


@pytest.mark.parametrize("device", ["cuda:1", "mps"])
def test_zeus_counts_where_nvml_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    fakes = {
        "zeus.exception": SimpleNamespace(ZeusBaseError=RuntimeError),
        "zeus.monitor": SimpleNamespace(ZeusMonitor=_Monitor),
        "pynvml": None,
    }
    for name, fake in fakes.items():
        monkeypatch.setitem(sys.modules, name, fake)
    meter = EnergyMeter(device, rapl=tmp_path)
    assert meter.source == "GPU (Zeus)"
    for _ in range(2):
        monkeypatch.setattr(_Monitor, "total", _Monitor.total + 2.0)
        joules = meter.joules()
    assert joules == pytest.approx(4.0)
    assert EnergyMeter("cuda:5", rapl=tmp_path).joules() is None
    assert EnergyMeter("cpu", rapl=tmp_path).source == "not measured"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_zeus_and_nvml_agree() -> None:
    pytest.importorskip("pynvml")
    pytest.importorskip("zeus")
    ours, zeus = EnergyMeter("cuda:0", processor=False), open_zeus("cuda:0")
    assert ours.source == "GPU (NVML)"
    assert zeus is not None
    matrix = torch.randn(4096, 4096, device="cuda")
    end = time.monotonic() + 3
    while time.monotonic() < end:
        matrix = torch.tanh(matrix @ matrix)
        torch.cuda.synchronize()
    assert ours.joules() == pytest.approx(zeus.joules(), rel=0.05)
