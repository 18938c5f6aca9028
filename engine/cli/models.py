"""``earmark models``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from engine.classifier.catalog import Catalog, Entry
from engine.classifier.figures import figure_lines
from engine.classifier.file import SUFFIX
from engine.classifier.personal.card import Correction, PersonalCard
from engine.classifier.personal.earlier import Earlier
from engine.cli.output import Overwrite, data, not_applied, notes, progress, tell_earlier
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
    catalog = Catalog()
    entry = catalog.find(name)
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
    digest = entry.sha256()
    table.add_row("SHA-256", digest)
    personal = catalog.corrections.card(digest)
    if personal is not None:
        table.add_row(
            "Corrected", f"{len(personal.corrections)} times (earmark models corrections)"
        )
    data().print(table)
    tell_earlier(catalog, [name])


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


@app.command("corrections")
def corrections(
    name: Annotated[str | None, typer.Argument(help="Name of a classifier; default: all.")] = None,
    undo: Annotated[
        list[int] | None, typer.Option(help="Number of a correction to take back; repeatable.")
    ] = None,
    undo_all: Annotated[bool, typer.Option("--undo-all", help="Take all of them back.")] = False,
    save: Annotated[
        Path | None,
        typer.Option(help="Save the corrected classifier as a .safetensors file of its own."),
    ] = None,
    overwrite: Overwrite = False,
    carry_over: Annotated[
        bool,
        typer.Option(
            "--carry-over",
            help="Learn what you corrected in earlier versions of the classifier again.",
        ),
    ] = False,
) -> None:
    """Show what you corrected in the window, take it back, or save the corrected classifier.

    Corrections made for an earlier version of a classifier are listed as well. They do not apply
    until they are carried over: Earmark then learns their sounds again. They themselves are kept.
    """
    catalog = Catalog()
    if name is None:
        if undo or undo_all or save or carry_over:
            raise ModelError("Say which classifier: earmark models corrections NAME.")
        _list_all(catalog)
        return
    entry = catalog.find(name)
    if carry_over:
        _carry_over(catalog, entry)
        return
    card, earlier = catalog.corrections.card(entry.sha256()), catalog.earlier(entry)
    if card is None and (undo or undo_all or save is not None or not earlier):
        raise ModelError(f"There are no corrections of '{entry.name}'.")
    if card is not None and (undo or undo_all):
        _undo(catalog, entry, [c.number for c in card.corrections] if undo_all else undo or [])
    elif save is not None:
        _save_corrected(catalog, entry, save, overwrite=overwrite)
    else:
        _list_corrections([card] if card is not None else [], {entry.name: earlier})


def _list_all(catalog: Catalog) -> None:
    """Those that apply, those of earlier versions, and those of classifiers that are gone."""
    digests = {entry.name: entry.sha256() for entry in catalog.entries()}
    now, gone = [], []
    for card in catalog.corrections.cards():
        if digests.get(card.name) == card.base:
            now.append(card)
        elif card.name not in digests:
            gone.append(card)
    earlier = {entry.name: catalog.earlier(entry) for entry in catalog.entries()}
    _list_corrections(now, earlier, gone)


def _list_corrections(
    cards: Sequence[PersonalCard],
    earlier: Mapping[str, Sequence[Earlier]],
    gone: Sequence[PersonalCard] = (),
) -> None:
    table = Table("Classifier", "No.", "Date", "Correction", "Heard in", "Seconds")

    def add(name: str, number: str, one: Correction) -> None:
        row = (name, number, one.date[:16].replace("T", " "), one.words)
        table.add_row(*map(escape, (*row, one.heard or "microphone", f"{one.seconds:.1f}")))

    for card in cards:
        for one in card.corrections:
            add(card.name, str(one.number), one)
    for card in gone:
        for one in card.corrections:
            add(f"{card.name} (not installed)", "-", one)
    for name, some in earlier.items():
        for former in some:
            add(f"{name} (earlier version)", "-", former.correction)
    data().print(table)
    for name, some in earlier.items():
        if some:
            notes().print(not_applied(name, some), markup=False, soft_wrap=True)


def _carry_over(catalog: Catalog, entry: Entry) -> None:
    from engine.classifier.classifier import Classifier
    from engine.classifier.personal.carrying import carry_over

    base = Classifier.load(entry.path)
    carried = progress("corrections", carry_over(base, catalog.corrections))
    count = len(carried.numbers)
    if count:
        back = " ".join(f"--undo {number}" for number in carried.numbers)
        words = f"Carried over: {count} correction{'' if count == 1 else 's'} of '{entry.name}'."
        data().print(
            f"{words} To take them back: earmark models corrections {entry.name} {back}",
            markup=False,
            soft_wrap=True,
        )
    if carried.followed < count:
        missing = count - carried.followed
        words = f"{missing} of them {'is' if missing == 1 else 'are'} not followed yet"
        notes().print(f"{words}: correct one or two more places.", markup=False)
    if not carried.check.fine:
        changed = f"{len(carried.check.changed)} of {carried.check.count} answers"
        notes().print(f"It also changes {changed} that were certain before.", markup=False)
    for what, why in carried.left:
        notes().print(f"Not carried over: {what}: {why}", markup=False, soft_wrap=True)
    if not count:
        raise typer.Exit(1)


def _undo(catalog: Catalog, entry: Entry, numbers: Sequence[int]) -> None:
    from engine.classifier.classifier import Classifier
    from engine.classifier.personal.learning import undo

    left = undo(Classifier.load(entry.path), catalog.corrections, numbers).count
    data().print(f"Undone. '{entry.name}' has {left} corrections.", markup=False)


def _save_corrected(catalog: Catalog, entry: Entry, path: Path, *, overwrite: bool) -> None:
    from engine.classifier.classifier import Classifier
    from engine.classifier.personal.applied import save_corrected

    if path.suffix != SUFFIX:
        raise ModelError(f"Classifiers are {SUFFIX} files. Choose a name that ends in {SUFFIX}.")
    check_file(path, [], overwrite)
    save_corrected(Classifier.load(entry.path), catalog.corrections, path)
    data().print(f"Saved as {path}.", markup=False)


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
