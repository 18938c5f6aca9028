"""``earmark recipes``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.atomic_write import write_whole
from engine.cli.output import data, notes
from engine.errors import RecipeError
from engine.recipes.recipe import Recipe, find_recipe, presets, read_recipe
from engine.recipes.toml import reference, to_toml

app = typer.Typer(
    help="Recipes for training: list, show, create and check them.", no_args_is_help=True
)

_Name = Annotated[str, typer.Argument(help="A preset's name or a .toml file.")]
_Published = Annotated[
    bool, typer.Option("--as-published", help="Use the published original, including its mistakes.")
]


@app.command("list")
def list_recipes() -> None:
    """List the recipes that come with Earmark."""
    table = Table("Name", "Description", "Feature", "Network", "Original")
    for name, path in presets().items():
        recipe = read_recipe(path)
        origin = recipe.published.source if recipe.published else ""
        network = recipe.network.arguments.get("kind", recipe.network.name)
        table.add_row(name, recipe.description, recipe.feature.name, str(network), origin)
    data().print(table)


@app.command()
def show(
    name: _Name,
    as_published: _Published = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Also show the fields that have their default values.")
    ] = False,
) -> None:
    """Print a recipe as TOML."""
    typer.echo(to_toml(_chosen(name, as_published), whole=whole), nl=False)


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="Name of the new .toml file.")],
    like: Annotated[str, typer.Option("--like", help="Preset to start from.")] = "tagger-head",
) -> None:
    """Create your own recipe, to be edited."""
    if path.suffix != ".toml":
        raise RecipeError("Recipes are .toml files. Choose a name that ends in .toml.")
    if path.exists():
        raise RecipeError(f"{path} already exists. Choose another name.")
    recipe = find_recipe(like).model_copy(update={"name": _plain_name(path.stem)})
    try:
        write_whole(path, to_toml(recipe).encode())
    except OSError as error:
        raise RecipeError(f"{path} could not be written: {error.strerror}.") from error
    notes().print(f"Saved as {path}.", markup=False)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="The .toml file to check.")],
) -> None:
    """Check a recipe and show its network."""
    recipe = read_recipe(path)
    data().print(f"{path.name} is a valid recipe: {recipe.title}.", markup=False)
    _describe(recipe, 10)


@app.command()
def network(
    name: _Name,
    as_published: _Published = False,
    classes: Annotated[int, typer.Option(min=2, help="Number of classes.")] = 10,
) -> None:
    """Show a recipe's network layer by layer, with output sizes and parameter counts."""
    _describe(_chosen(name, as_published), classes)


@app.command("reference", hidden=True)
def print_reference() -> None:
    """Print the reference of all recipe fields as Markdown."""
    typer.echo(reference())


def _chosen(name: str, as_published: bool) -> Recipe:
    recipe = find_recipe(name)
    return recipe.as_published() if as_published else recipe


def _describe(recipe: Recipe, classes: int) -> None:
    from engine.networks.summary import summarise
    from engine.training.data.prepare import feature_of

    feature = feature_of(recipe)
    frames = feature.frame_count(recipe.data.window_samples)
    sizes = {"bands": feature.bands, "frames": frames, "classes": classes}
    found = summarise(recipe.network.name, recipe.network.arguments | sizes)
    table = Table("Layer", "Kind", "Output", "Parameters")
    for layer in found.layers:
        shape = " x ".join(str(size) for size in layer.shape)
        table.add_row(layer.name, layer.kind, shape, f"{layer.parameters:,}")
    data().print(found.diagram(), markup=False)
    data().print(table)
    text = f"{found.learned:,} trainable parameters of {found.total:,}."
    data().print(text, markup=False)


def _plain_name(stem: str) -> str:
    name = "".join(c if c.isalnum() else "-" for c in stem.lower()).strip("-")
    return name or "recipe"
