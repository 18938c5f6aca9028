"""``earmark models``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.classifier.catalog import Catalog, Entry
from engine.classifier.figures import figure_lines
from engine.cli.output import Overwrite, data, notes
from engine.errors import ModelError
from engine.export.destinations import check_file

app = typer.Typer(help="List, show and verify classifiers.", no_args_is_help=False)


@app.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_models()


@app.command("list")
def list_models() -> None:
    """List the installed classifiers."""
    catalog = Catalog()
    table = Table("Name", "Task", "Labels", "Window (s)", "Size (MB)", "From")
    for entry in catalog.entries():
        card = entry.card
        table.add_row(
            entry.name,
            card.task,
            str(len(card.labels)),
            f"{card.window_samples / card.rate_hz:.2f}",
            f"{entry.size_bytes / 1e6:.1f}",
            "Earmark" if entry.bundled else str(entry.path),
        )
    data().print(table)
    for path, reason in catalog.broken().items():
        notes().print(f"Not usable: {path}: {reason}", markup=False)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Name of a classifier, or path of its file.")],
) -> None:
    """Show the model card of a classifier."""
    entry = Catalog().find(name)
    card = entry.card
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_row("Name", card.name)
    table.add_row("Title", card.title)
    table.add_row("Description", card.description)
    if card.ranges is not None:
        pairs = zip(card.labels, card.ranges, strict=True)
        words = ", ".join(f"{name} ({low:g} to {high:g})" for name, (low, high) in pairs)
        table.add_row("Dimensions", words)
    else:
        table.add_row("Labels", ", ".join(card.labels))
    table.add_row("Limits", card.limits or "not stated")
    table.add_row("Licence", card.licence)
    table.add_row("Credits", card.credits or "none")
    for source in card.data:
        count = f", {source.count} recordings" if source.count else ""
        table.add_row("Training data", f"{source.name} ({source.licence}{count})")
    for line in figure_lines(card.metrics):
        table.add_row("Measured", line)
    table.add_row("Input", f"{card.window_samples / card.rate_hz:.2f} s at {card.rate_hz} Hz")
    table.add_row("Date", card.date)
    table.add_row("File", str(entry.path))
    table.add_row("SHA-256", entry.sha256())
    data().print(table)


@app.command("export")
def export(
    name: Annotated[str, typer.Argument(help="Name or path of a classifier.")],
    path: Annotated[Path, typer.Argument(help="The .onnx file to write.")],
    overwrite: Overwrite = False,
) -> None:
    """Export a classifier as ONNX, with its feature extraction, and check it against PyTorch."""
    if path.suffix != ".onnx":
        raise ModelError("ONNX models are .onnx files. Choose a name that ends in .onnx.")
    from engine.classifier.onnx import export_onnx

    check_file(path, [], overwrite)
    difference = export_onnx(Catalog().load(name), path)
    text = (
        f"Saved as {path}. The results of ONNX Runtime and PyTorch differ by "
        f"at most {difference:.1g}."
    )
    data().print(text, markup=False)


@app.command("verify")
def verify(
    name: Annotated[
        str | None, typer.Argument(help="Name or path of a classifier; default: all.")
    ] = None,
) -> None:
    """Check that classifiers still give the probabilities they were saved with."""
    catalog = Catalog()
    chosen = [catalog.find(name)] if name else catalog.entries()
    failed = dict(catalog.broken()) if name is None else {}
    for entry in chosen:
        try:
            data().print(f"{entry.name}: valid, SHA-256 {_load(entry)}", soft_wrap=True)
        except ModelError as error:
            failed[entry.path] = str(error)
    for reason in failed.values():
        notes().print(reason, markup=False)
    if failed:
        raise typer.Exit(2 if name else 1)


def _load(entry: Entry) -> str:
    from engine.classifier.classifier import Classifier

    return str(Classifier.load(entry.path).sha256)
