"""Which fields of a recipe apply to it, and what is refused because it does not."""

from typing import Any

from engine.errors import RecipeError
from engine.recipes.networks import argument, trained_kinds
from engine.recipes.recipe import Recipe

_ADAM = ("adam", "adamw")
_OF_CLASSES = (
    "data.positive", "data.most_per_class", "training.class_weights", "training.balanced",
    "training.label_smoothing", "training.temperature", "training.stop.target_accuracy",
    "training.stop.target_epochs", "deployment.calibrate",
)  # fmt: skip
_STEPPED = ("step", "exponential", "plateau")


def unused_fields(recipe: Recipe) -> set[str]:
    """Paths of fields that have no effect with the others as they are; a form hides them."""
    training, augmentation = recipe.training, recipe.augmentation
    optimiser = training.optimiser
    applies = {
        "training.momentum": optimiser == "sgd",
        "training.beta_1": optimiser in _ADAM,
        "training.beta_2": optimiser in _ADAM,
        "training.epsilon": optimiser != "sgd",
        "training.rho": optimiser == "adadelta",
        "training.schedule_factor": training.schedule in _STEPPED,
        "training.schedule_epochs": training.schedule in _STEPPED,
        "training.label_smoothing": training.loss == "cross-entropy",
        "training.penalised": bool(training.l1 or training.l2),
        "training.validation_penalty": bool(training.l1 or training.l2),
        "training.clip_recurrent": "recurrent" in trained_kinds(recipe),
        "training.stop.target_epochs": bool(training.stop.target_accuracy),
        "augmentation.frequency_width": bool(augmentation.frequency_masks),
        "augmentation.time_width": bool(augmentation.time_masks),
        "augmentation.noise_folder": bool(augmentation.noise_snr_db),
    }
    applies["data.dimensions"] = recipe.is_regression
    if recipe.is_regression:
        applies |= dict.fromkeys(_OF_CLASSES, False)
    dense = bool(argument(recipe, "hidden"))
    if recipe.network.name in ("dense", "cnn", "recurrent"):
        applies["network.arguments.activation"] = dense
    if recipe.network.name in ("dense", "recurrent"):
        applies["network.arguments.dropout"] = dense
    if recipe.network.name == "recurrent":
        applies["network.arguments.dropout_between"] = len(argument(recipe, "units")) > 1
    return {path for path, used in applies.items() if not used}


def refusals(recipe: Recipe, *, features: bool = False) -> list[str]:
    """Sentences on what the recipe asks for and cannot have.

    Args:
        recipe: to be trained.
        features: whether the data set holds finished features rather than sound.
    """
    training, augmentation = recipe.training, recipe.augmentation
    found = []
    if features and augmentation.of_sound:
        found.append(
            "The data set contains finished features, so its sound cannot be changed. Set gain, "
            "pitch, stretch, noise, reverberation and shift of the augmentation to 0."
        )
    if training.momentum and training.optimiser != "sgd":
        found.append(f"Momentum is for SGD only, not for {training.optimiser}. Set it to 0.")
    if training.label_smoothing and training.loss != "cross-entropy":
        found.append("Label smoothing is for cross-entropy only. Set it to 0.")
    if training.clip_recurrent and "recurrent" not in trained_kinds(recipe):
        found.append(
            "clip_recurrent needs recurrent layers, and this network has none. Use clip_norm."
        )
    if training.l1 or training.l2:
        found += _unpenalised(recipe)
    return found


def _unpenalised(recipe: Recipe) -> list[str]:
    trained, chosen = trained_kinds(recipe), set(recipe.training.penalised)
    if trained & chosen:
        return []
    kinds = ", ".join(sorted(chosen)) or "no"
    frozen = " Its trunk is frozen." if recipe.network.name == "embedding_head" else ""
    has = ", ".join(sorted(trained)) or "no"
    return [
        f"L1 and L2 are to apply to {kinds} layers, but this network trains {has} layers under "
        f"its output.{frozen} Set both to 0, or change training.penalised."
    ]


def refuse(recipe: Recipe, *, features: bool = False) -> None:
    """Refuse what has no effect rather than ignore it.

    Raises:
        RecipeError: the recipe asks for something that cannot apply.
    """
    found: list[Any] = refusals(recipe, features=features)
    if found:
        raise RecipeError(found[0])


# Words and figures that an update may change without changing any training.
_OF_PEOPLE = {"title", "description", "needs", "published"}


def trains_as(one: Recipe, other: Recipe) -> bool:
    """Whether both decide the same training; what they tell people about it may differ."""
    return one.model_dump(exclude=_OF_PEOPLE) == other.model_dump(exclude=_OF_PEOPLE)
