"""The loop learns, repeats, goes on after a break bit for bit, and leaves the rest alone."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.classifier.classifier import Classifier
from engine.errors import DataError, ModelError
from engine.recipes.applies import trains_as
from engine.training.events import EpochDone, Finished, Started
from engine.training.loop.checkpoints import load_checkpoint
from engine.training.runs.run import Run
from tests.engine.training import toys

RESUMED: dict[str, dict[str, Any]] = {
    "adam": {"training__optimiser": "adam", "network__arguments__dropout": 0.3},
    "momentum": {
        "training__optimiser": "sgd",
        "training__momentum": 0.9,
        "training__schedule": "plateau",
        "training__schedule_epochs": 1,
        "training__learning_rate": 0.5,
        "augmentation__mixup": 0.4,
    },
    "adadelta": {
        "training__optimiser": "adadelta",
        "training__learning_rate": 1.0,
        "training__schedule": "one-cycle",
        "training__balanced": True,
    },
    "adamw": {
        "training__optimiser": "adamw",
        "training__weight_decay": 0.1,
        "training__keep": "last",
        "training__dropout_at_test": True,
        "network__arguments__dropout": 0.3,
    },
}


def weights(run: Run) -> dict[str, torch.Tensor]:
    return load_file(run.checkpoint_file)


def history(run: Run) -> list[EpochDone]:
    return [replace(epoch, seconds=0.0) for epoch in run.history()]


def same(first: Run, second: Run) -> bool:
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    return all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns_what_can_be_learned(tmp_path: Path) -> None:
    run, events = toys.trained(
        toys.recipe(training__epochs=12), toys.features(tmp_path), toys.place(tmp_path)
    )
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.metrics["accuracy"] > 0.9
    assert (end.epochs, end.reason, end.joules) == (12, "all epochs finished", None)
    told = [event for event in events if isinstance(event, EpochDone)]
    assert [e.epoch for e in told] == list(range(1, 13))
    assert told[-1].loss < 0.5 * told[0].loss
    assert told == run.history()
    for epoch in told:
        assert epoch.confusion is not None
        assert (epoch.confusion.dtype, epoch.confusion.shape) == (np.int64, (3, 3))
        right = np.trace(epoch.confusion) / epoch.confusion.sum()
        assert right == pytest.approx(epoch.validation_accuracy)
    assert "confusion" not in run.history_file.read_text()
    assert run.batches_file.read_text().count("\n") == 1 + 12 * 5


@pytest.mark.parametrize("name", RESUMED)
@pytest.mark.parametrize("epoch", [1, 3])
def test_going_on_equals_never_stopping(tmp_path: Path, name: str, epoch: int) -> None:
    dataset = toys.features(tmp_path / "data", spread=1.2)
    recipe = toys.recipe(training__epochs=5, **RESUMED[name])
    whole, _ = toys.trained(recipe, dataset, toys.place(tmp_path, "whole"))
    toys.broken_off(recipe, dataset, toys.place(tmp_path, "broken"), epoch)
    resumed, events = toys.trained(recipe, dataset, toys.place(tmp_path, "broken", resume=True))
    assert next(e for e in events if isinstance(e, Started)).epoch == epoch + 1
    assert same(whole, resumed)
    assert history(whole) == history(resumed)
    assert whole.batches_file.read_text() == resumed.batches_file.read_text()
    figures = [run.read(run.results_file)["figures"] for run in (whole, resumed)]
    assert figures[0] == figures[1]


def test_going_on_with_augmented_sound_and_batch_norm(tmp_path: Path) -> None:
    dataset = toys.sounds(tmp_path)
    recipe = toys.recipe(
        network__name="residual_cnn",
        network__arguments={"channels": [4, 8], "dropout": 0.2},
        augmentation__gain_db=6.0,
        augmentation__noise_snr_db=[5.0, 20.0],
        augmentation__shift=0.2,
        augmentation__time_masks=1,
        augmentation__mixup=0.3,
        training__epochs=3,
        deployment__gate=False,
    )
    whole, _ = toys.trained(recipe, dataset, toys.place(tmp_path, "whole"))
    toys.broken_off(recipe, dataset, toys.place(tmp_path, "broken"), 2)
    resumed, _ = toys.trained(recipe, dataset, toys.place(tmp_path, "broken", resume=True))
    assert same(whole, resumed)
    assert history(whole) == history(resumed)


def test_a_break_within_an_epoch_repeats_that_epoch(tmp_path: Path) -> None:
    dataset, recipe = toys.features(tmp_path / "data"), toys.recipe(training__epochs=3)
    whole, _ = toys.trained(recipe, dataset, toys.place(tmp_path, "whole"))
    toys.broken_off(recipe, dataset, toys.place(tmp_path, "broken"), 2)
    with Run(tmp_path / "broken").batches_file.open("a") as file:
        file.write(",1,0.5\n3,1,0.5\n3,2,0.")  # what a kill in the third epoch leaves, and damage
    resumed, _ = toys.trained(recipe, dataset, toys.place(tmp_path, "broken", resume=True))
    assert whole.batches_file.read_text() == resumed.batches_file.read_text()


def test_a_break_after_the_last_epoch_trains_no_more(tmp_path: Path) -> None:
    dataset, recipe = toys.features(tmp_path / "data"), toys.recipe(training__epochs=2)
    whole, _ = toys.trained(recipe, dataset, toys.place(tmp_path, "whole"))
    toys.broken_off(recipe, dataset, toys.place(tmp_path, "broken"), 2)
    resumed, events = toys.trained(recipe, dataset, toys.place(tmp_path, "broken", resume=True))
    assert not [event for event in events if isinstance(event, EpochDone)]
    assert same(whole, resumed)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "all epochs finished"


def test_a_recipe_with_other_words_is_gone_on_with(tmp_path: Path) -> None:
    """An update may have written another title or description meanwhile."""
    dataset, recipe = toys.features(tmp_path / "data"), toys.recipe(training__epochs=2)
    toys.broken_off(recipe, dataset, toys.place(tmp_path), 1)
    words = {"title": "Toys", "description": "Heaps.", "needs": "Points."}
    updated = recipe.changed({**words, "published": {"source": "a paper"}})
    run, events = toys.trained(updated, dataset, toys.place(tmp_path, resume=True))
    assert len([event for event in events if isinstance(event, EpochDone)]) == 1
    assert run.results_file.is_file()
    assert not trains_as(recipe, recipe.changed({"training.seed": 7}))


def test_what_cannot_be_gone_on_with_is_refused(tmp_path: Path) -> None:
    dataset, recipe = toys.features(tmp_path / "data"), toys.recipe(training__epochs=2)
    toys.broken_off(recipe, dataset, toys.place(tmp_path), 1)
    again, resume = toys.place(tmp_path), toys.place(tmp_path, resume=True)
    with pytest.raises(DataError, match="already contains a run"):
        toys.trained(recipe, dataset, again)
    with pytest.raises(DataError, match="another recipe"):
        toys.trained(toys.recipe(training__epochs=3), dataset, resume)
    with pytest.raises(DataError, match="other data"):
        toys.trained(recipe, toys.features(tmp_path / "other", rows=90), resume)
    file = Run(tmp_path / "run").checkpoint_file
    kept = file.read_bytes()
    file.write_bytes(kept[:-40])
    with pytest.raises(ModelError, match=r"checkpoint .* cannot be used"):
        toys.trained(recipe, dataset, resume)
    file.write_bytes(kept)
    toys.trained(recipe, dataset, resume)
    with pytest.raises(DataError, match="finished"):
        toys.trained(recipe, dataset, resume)


def test_the_seed_decides(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path / "data")
    recipe = toys.recipe(training__epochs=2, network__arguments__dropout=0.5)
    other = recipe.changed({"training.seed": 2})
    first, again, different = (
        toys.trained(chosen, dataset, toys.place(tmp_path, name))[0]
        for chosen, name in [(recipe, "a"), (recipe, "b"), (other, "c")]
    )
    assert same(first, again)
    assert not same(first, different)


def test_torchs_own_randomness_is_left_as_it_was(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path / "data")
    recipe = toys.recipe(network__arguments__dropout=0.5, training__dropout_at_test=True)
    torch.manual_seed(77)
    before = torch.random.get_rng_state()
    steps = toys.started(recipe, dataset, toys.place(tmp_path))
    for _ in steps:
        assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_cancelling_keeps_the_best_as_a_classifier(tmp_path: Path) -> None:
    dataset, recipe = toys.sounds(tmp_path), toys.recipe(training__epochs=50)
    toys.broken_off(recipe, dataset, toys.place(tmp_path), 3)
    run = Run(tmp_path / "run")
    classifier = Classifier.load(run.classifier_file)
    best = {n.removeprefix("best."): t for n, t in weights(run).items() if n.startswith("best.")}
    state = classifier.network.state_dict()
    assert all(torch.equal(state[name], best[name]) for name in best)
    assert not run.results_file.exists()
    toys.broken_off(recipe, dataset, toys.place(tmp_path, "early"), 0)


def test_numbers_that_are_none_end_it(tmp_path: Path) -> None:
    dataset = toys.features(tmp_path / "data")
    recipe = toys.recipe(training__learning_rate=1e30, training__optimiser="sgd")
    with pytest.raises(ModelError, match=r"epoch 1, batch \d, with data.npy.*lower learning rate"):
        toys.trained(recipe, dataset, toys.place(tmp_path))
    assert not Run(tmp_path / "run").checkpoint_file.exists()


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    toys.broken_off(toys.recipe(), toys.features(tmp_path / "d"), toys.place(tmp_path), 1)
    network = torch.nn.Linear(2, 2)
    optimiser = torch.optim.SGD(network.parameters(), 0.1)
    with pytest.raises(ModelError, match="cannot be used"):
        load_checkpoint(Run(tmp_path / "run").checkpoint_file, network, optimiser)


def test_without_validation_the_last_epoch_is_kept(tmp_path: Path) -> None:
    recipe = toys.recipe(data__split__validation=0.0, training__epochs=2)
    run, _ = toys.trained(recipe, toys.features(tmp_path / "d"), toys.place(tmp_path))
    kept = weights(run)
    for name, tensor in kept.items():
        if name.startswith("best."):
            assert torch.equal(tensor, kept[name.replace("best.", "network.")])
    assert all(math.isnan(epoch.validation_loss) for epoch in run.history())
