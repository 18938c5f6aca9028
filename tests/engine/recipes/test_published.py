"""Published figures: each names what it is of, and stands beside what a run reached."""

import pytest
import torch

from engine.features import build_feature
from engine.networks import build_network
from engine.recipes.published import Beside, Reached, beside, described
from engine.recipes.recipe import find_recipe, presets, validated
from engine.training.loop.optimisers import make_optimiser

WITH_FIGURES = [name for name in presets() if find_recipe(name).published]


def _reached(**parts: dict[str, float]) -> Reached:
    epochs = [
        {"loss": 1.0 / n, "accuracy": n / 10, "validation_loss": 2.0 / n,
         "validation_accuracy": n / 20, "recall": 0.5, "precision": 0.4,
         "validation_recall": 0.3, "validation_precision": 0.2}
        for n in range(1, 11)
    ]  # fmt: skip
    classes = {"validation": {"flute": 0.11, "violin": 0.22}}
    return Reached(epochs, parts, classes, 12.5)


def _row(rows: list[Beside], name: str, published: float) -> Beside:
    return next(one for one in rows if (one.name, one.published) == (name, published))


def test_recall_and_precision_of_the_author_stand_beside_the_published() -> None:
    recipe = find_recipe("author-dense").as_published()
    validation = {"accuracy": 0.7, "recall": 0.45, "precision": 0.8, "loss": 0.27}
    rows = beside(recipe, _reached(validation=validation, training={"accuracy": 0.75}))
    assert _row(rows, "Validation recall of the positive class", 0.462).reached == 0.45
    assert _row(rows, "Validation precision of the positive class", 0.783).reached == 0.8
    assert _row(rows, "Training accuracy", 0.772).reached == 0.75
    assert _row(rows, "Training recall of the positive class, epoch 1", 0.014).reached == 0.5
    assert _row(rows, "Validation loss, epoch 1", 0.458).reached == 2.0


def test_the_accuracy_of_one_batch_is_no_result() -> None:
    recipe = find_recipe("author-gru").as_published()
    (row,) = beside(recipe, _reached(training={"accuracy": 0.6}))
    assert row.published == 0.438
    assert row.reached is None
    assert "single batch" in row.note


def test_figures_of_other_settings_are_not_compared() -> None:
    recipe = find_recipe("instrument-lstm-spectral").as_published()
    reached = _reached(validation={"accuracy": 0.71}, test={"accuracy": 0.5})
    rows = beside(recipe, reached)
    assert _row(rows, "Validation accuracy", 0.78).reached == 0.71
    of_batch_50 = _row(rows, "Test accuracy", 0.53)
    assert of_batch_50.reached is None
    assert "with batch size 50" in of_batch_50.note
    assert "this run differs: batch size 100" in of_batch_50.note
    assert _row(rows, "Validation accuracy, flute", 0.14).reached is None
    rows = beside(recipe.changed({"training.batch_size": 50}), reached)
    assert _row(rows, "Test accuracy", 0.53).reached == 0.5
    assert _row(rows, "Validation accuracy", 0.78).reached is None
    rows = beside(recipe.changed({"training.learning_rate": 0.001}), reached)
    assert _row(rows, "Validation accuracy, flute", 0.14).reached == 0.11
    assert _row(rows, "Validation accuracy, violin", 0.93).reached == 0.22


def test_seconds_are_beside_those_of_the_course() -> None:
    rows = beside(find_recipe("genre-cnn").as_published(), _reached())
    one = _row(rows, "Training time (s)", 135.0)
    assert one.reached == 12.5
    assert "GeForce 940MX" in one.note


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_every_figure_says_what_it_is_of(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.published is not None
    assert recipe.published.settings
    lines = described(recipe)
    assert len(lines) == len(recipe.published.figures) >= 1
    assert all(line.split()[0] in ("Training", "Validation", "Test") for line in lines)
    # The settings that the figures are of are the recipe's as published.
    original = recipe.as_published()
    for figure, row in zip(recipe.published.figures, beside(original, _reached()), strict=True):
        assert bool(figure.settings) == ("this run differs" in row.note)


def test_recipes_of_older_runs_are_read() -> None:
    fields = find_recipe("genre-mlp").model_dump()
    fields["published"]["figures"] = {"accuracy": 0.39, "validation_accuracy": 0.37}
    for new in ("settings", "originals"):
        fields["published"].pop(new)
    published = validated(fields, "old").published
    assert published is not None
    assert [(f.part, f.figure, f.value) for f in published.figures] == [
        ("test", "accuracy", 0.39),
        ("validation", "accuracy", 0.37),
    ]


def test_the_step_of_epynn_is_shown_both_ways() -> None:
    for kind in ("dense", "rnn", "gru"):
        recipe = find_recipe(f"author-{kind}")
        assert recipe.training.learning_rate == 0.16
        assert recipe.published is not None
        assert recipe.published.originals["training.learning_rate"].startswith("0.01 in EpyNN")
        clipped = recipe.as_published().training
        assert (clipped.clip_recurrent, clipped.clip_norm) == (0.25 * (kind == "rnn"), 0.0)


def test_the_network_on_samples_reads_integers_and_drops_only_where_the_script_does() -> None:
    recipe = find_recipe("instrument-lstm-time").as_published()
    feature = build_feature("waveform", recipe.feature.arguments | {"rate_hz": 44100})
    assert float(feature.frames(torch.tensor([[-0.5]]))) == -16384.0  # as wavfile.read gives them
    sizes = {"bands": 1, "frames": recipe.data.window_samples, "classes": 8}
    with torch.device("meta"):
        network = build_network("recurrent", recipe.network.arguments | sizes)
    drops = [m.p for m in network.get_submodule("trunk.between").children()]
    assert drops == [0.1, 0.0]  # none between the second layer of its LSTM 1 and its LSTM 2
    assert recipe.data.split.train_on_test


def test_adadelta_of_the_report() -> None:
    recipe = find_recipe("instrument-lstm-spectral").changed({"training.optimiser": "adadelta"})
    made = make_optimiser([torch.nn.Parameter(torch.zeros(1))], recipe.training)
    assert (made.defaults["rho"], made.defaults["eps"]) == (0.8, 1e-6)
