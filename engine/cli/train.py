"""``earmark train``."""

import math
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from engine.classifier.figures import term, with_bounds
from engine.cli.output import data, interrupt_noted, notes
from engine.errors import RecipeError
from engine.recipes.recipe import Recipe, find_recipe

if TYPE_CHECKING:
    from engine.datasets import Dataset
    from engine.training.events import EpochDone, Event, Finished
    from engine.training.train import Place


class Variant(StrEnum):
    """Variant of a recipe."""

    corrected = "corrected"
    as_published = "as-published"
    both = "both"


Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Set a field of the recipe; can be repeated."
    ),
]
Kind = Annotated[str, typer.Option("--kind", help="Kind of data set; auto recognises it.")]
Device = Annotated[
    str, typer.Option("--device", help="Device to compute on: auto, cpu, cuda, cuda:1 or mps.")
]


def train(  # noqa: PLR0913  # the options of a command
    recipe: Annotated[str, typer.Argument(help="A preset's name or a .toml file.")],
    dataset: Annotated[Path, typer.Argument(help="Folder or table of the data set.")],
    set_: Changes = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the run; default: runs/NAME.")
    ] = None,
    variant: Annotated[
        Variant, typer.Option("--variant", help="The original, the corrected version, or both.")
    ] = Variant.corrected,
    kind: Kind = "auto",
    device: Device = "auto",
    background: Annotated[
        Path | None, typer.Option("--background", help="Folder of recordings of no class.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
) -> None:
    """Train a classifier and evaluate it.

    The run's folder then contains the classifier, the report (report.html), the history and the
    recipe used. To use the classifier: 'earmark classify -c runs/.../classifier.safetensors FILE'.

    Examples: 'earmark train tagger-head my-sounds/', 'earmark train genre-cnn GTZAN/ --variant
    both', 'earmark train instrument-mlp iowa/ --set training.learning_rate=0.01'.
    """
    from engine.datasets import open_dataset
    from engine.training.runs.comparison import write_comparison
    from engine.training.train import Place, run_name

    chosen = changed(find_recipe(recipe), set_ or [])
    forms = [chosen] if variant is not Variant.as_published else []
    if variant is not Variant.corrected:
        forms.append(changed(find_recipe(recipe).as_published(), set_ or []))
    opened = open_dataset(dataset, kind)
    folders = []
    for form in forms:
        folder = output or Path("runs") / run_name(form, opened)
        if len(forms) > 1 and output is not None:
            folder = output / form.variant
        folders.append(folder)
        _train(form, opened, Place(folder, device, resume, background))
    if len(folders) > 1:
        page = folders[0].with_name(f"{folders[0].name}-comparison.html")
        for verdict in write_comparison(folders, page).verdicts:
            data().print(verdict, markup=False)
        notes().print(f"Comparison: {page}", markup=False)


def changed(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """A recipe with the fields of ``--set`` options.

    Raises:
        RecipeError: an option is no field=value, or does not fit.
    """
    from engine.training.sweeps.search import parse_value

    changes = {}
    for text in settings:
        path, equals, value = text.partition("=")
        if not equals:
            raise RecipeError(f"'--set {text}' has no value. Write --set field=value.")
        changes[path.strip()] = parse_value(value)
    return recipe.changed(changes)


def _train(recipe: Recipe, dataset: "Dataset", place: "Place") -> None:
    from engine.training.train import train as run_training

    console = notes()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    steps = run_training(recipe, dataset, place)
    with shown as bar, interrupt_noted() as interrupted:
        task = bar.add_task("sounds", total=1.0, words="")
        try:
            for event in steps:
                _show(event, bar, task)
                if interrupted():
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            steps.close()
            kept = "the best epoch so far is kept as a classifier; " if _kept(place) else ""
            console.print(f"Stopped: {kept}use --resume to continue.", markup=False)
            raise typer.Exit(130) from None


def _kept(place: "Place") -> bool:
    return (place.folder / "classifier.safetensors").is_file()


def _show(event: "Event", bar: Progress, task: object) -> None:
    from engine.training import events

    console = bar.console
    if isinstance(event, events.Preparing):
        bar.update(task, completed=event.share, description="sounds")  # type: ignore[arg-type]
    elif isinstance(event, events.Started):
        learn, choose, judge = event.windows
        learned, total = event.parameters
        text = f"{learn} training, {choose} validation and {judge} test windows; "
        text += f"{learned:,} of {total:,} parameters trainable; on {event.device}; "
        text += f"about {event.memory_bytes / 1e9:.1f} GB of memory."
        console.print(text, markup=False)
    elif isinstance(event, events.BatchDone):
        share = event.batch / event.batches
        words = f"loss {event.losses[-1]:.4f}, {event.seconds_left:.0f} s left"
        bar.update(task, completed=share, description=f"epoch {event.epoch}", words=words)  # type: ignore[arg-type]
    elif isinstance(event, events.EpochDone):
        console.print(_line(event), markup=False)
    elif isinstance(event, events.Warned):
        console.print(f"Note: {event.text}", markup=False)
    elif isinstance(event, events.Finished):
        _summary(event)


def _line(epoch: "EpochDone") -> str:
    text = f"epoch {epoch.epoch:3}  loss {epoch.loss:.4f}"
    if math.isfinite(epoch.accuracy):  # of a regression it is none
        text += f"  accuracy {epoch.accuracy:.4f}"
    if math.isfinite(epoch.validation_loss):
        text += f"  validation {epoch.validation_loss:.4f}"
    if math.isfinite(epoch.validation_accuracy):
        text += f" {epoch.validation_accuracy:.4f}"
    if math.isfinite(epoch.validation_concordance):
        text += f"  concordance {epoch.validation_concordance:.4f}"
    for name, ours in (("training", ""), ("validation", "validation_")):
        recall, precision = (getattr(epoch, f"{ours}{x}") for x in ("recall", "precision"))
        if math.isfinite(recall):
            text += f"  {name} recall {recall:.3f} precision {precision:.3f}"
    return text + ("  best" if epoch.best else "")


def _summary(done: "Finished") -> None:
    out = data()
    spent = [("GPU", done.joules), ("processor", done.processor_joules)]
    energy = ", ".join(
        f"{name} {'not measured' if x is None else f'{x:.0f} J'}" for name, x in spent
    )
    out.print(
        f"{done.epochs} epochs in {done.seconds:.1f} s ({done.reason}); energy: {energy}.",
        markup=False,
    )
    shown = ("accuracy", "balanced_accuracy", "macro_f1", "recording_accuracy", "macro_auc",
             "positive_recall", "positive_precision",
             "ece", "concordance", "r2", "gain", "recording_concordance", "recording_r2",
             "recording_gain", "open_set_auroc")  # fmt: skip
    for name in shown:
        if name in done.metrics:
            words = f"  {term(name).name:24} {with_bounds(done.metrics, name)}"
            out.print(words, markup=False)
    out.print(f"Classifier: {done.folder / 'classifier.safetensors'}", markup=False)
    out.print(f"Report: {done.folder / 'report.html'}", markup=False)
