"""Trains a classifier on a folder that holds a folder of sounds for each class.

python examples/train_on_folder.py SOUNDS RUN [RECIPE]
"""

import sys
from pathlib import Path

from engine.datasets import open_dataset
from engine.recipes.recipe import find_recipe
from engine.training.events import EpochDone, Finished
from engine.training.train import Place, train


def main(sounds: str, folder: str, name: str = "tagger-head") -> None:
    """Train a recipe, which is a name from `earmark recipes list` or a .toml file.

    The folder of the run then holds classifier.safetensors and report.html.
    """
    recipe = find_recipe(name).changed({"training.epochs": 20})
    for event in train(recipe, open_dataset(sounds), Place(Path(folder))):
        if isinstance(event, EpochDone):
            print(f"epoch {event.epoch}: validation accuracy {event.validation_accuracy:.2f}")
        elif isinstance(event, Finished):
            print(f"test accuracy {event.metrics['accuracy']:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
