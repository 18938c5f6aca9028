"""What is computed on, why no GPU is used, and what happens when its memory is full."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import ModelError, RecipeError
from engine.training import train as train_module
from engine.training.events import EpochDone, Finished, Warned
from engine.training.loop import devices
from engine.training.loop.devices import choose_device, gpu_problem, out_of_memory
from engine.training.train import Place, train
from tests.engine.training import toys

CPU = torch.device("cpu")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_why_no_gpu_is_used_says_what_to_do(
    no_gpu: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(devices.sys, "platform", "linux")
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)
    driver = tmp_path / "version"
    assert "no NVIDIA driver was found" in gpu_problem(driver)
    driver.write_text("570")
    assert "Install PyTorch" in gpu_problem(driver)
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    assert "Update the GPU's driver" in gpu_problem(driver)
    monkeypatch.setattr(devices.sys, "platform", "darwin")
    assert "Apple silicon" in gpu_problem(driver)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert gpu_problem(driver) == ""


def test_a_gpu_that_is_asked_for_and_not_there_is_refused_in_words(no_gpu: None) -> None:
    with pytest.raises(RecipeError, match=r"No GPU can be used|The GPU is not used"):
        choose_device("gpu")
    assert choose_device("auto") == CPU


def full_at_third_epoch(monkeypatch: pytest.MonkeyPatch, message: BaseException) -> None:
    """A GPU, played by the processor, whose memory is full in the third epoch."""
    real = train_module._training

    def played(
        recipe: Any, dataset: Any, place: Any, run: Any, on: Any
    ) -> Generator[Any, None, None]:
        device, processes = on
        for event in real(recipe, dataset, place, run, (CPU, processes)):
            yield event
            if device.type == "mps" and isinstance(event, EpochDone) and event.epoch == 2:
                raise message

    monkeypatch.setattr(train_module, "_training", played)
    monkeypatch.setattr(train_module, "choose_device", lambda name: torch.device("mps"))


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("MPS backend out of memory (MPS")],
)
def test_a_full_gpu_goes_on_on_the_processor_and_says_so(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    full_at_third_epoch(monkeypatch, error)
    data = toys.features(tmp_path / "data")
    events = list(train(toys.recipe(), data, Place(tmp_path / "run", cache=tmp_path / "cache")))
    told = [event.text for event in events if isinstance(event, Warned)]
    assert any("GPU's memory is full" in text and "continues" in text for text in told)
    # From the last whole epoch, each once.
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2, 3, 4]
    assert isinstance(events[-1], Finished)
    assert (tmp_path / "run" / "classifier.safetensors").is_file()


def test_another_error_of_a_gpu_is_no_reason_to_start_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    full_at_third_epoch(monkeypatch, RuntimeError("CUDA error: an illegal memory access"))
    data = toys.features(tmp_path / "data")
    with pytest.raises(RuntimeError, match="illegal"):
        list(train(toys.recipe(), data, Place(tmp_path / "run", cache=tmp_path / "cache")))
    assert not out_of_memory(ModelError("no"))
