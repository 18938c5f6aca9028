"""``earmark why``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from engine.atomic_write import write_text
from engine.classifier.catalog import Catalog
from engine.cli.output import Overwrite, notes, progress
from engine.errors import DataError
from engine.evaluation.report import svg
from engine.export.destinations import check_file
from engine.export.words import one_line

if TYPE_CHECKING:
    from engine.explain.explanation import Explanation, Spot

_HEIGHT, _LEFT, _TOP, _PLOT = 330, 60, 30, 250
_MOST_COLUMNS = 64
_DOUBTFUL = 0.1  # a gap from which the parts are not to be trusted


def why(
    file: Annotated[str, typer.Argument(help="A sound file.")],
    at: Annotated[float, typer.Option(min=0.0, help="Time in the file, in seconds.")],
    classifier: Annotated[
        str, typer.Option("--classifier", "-c", help="Name or path of a classifier.")
    ] = "genre",
    label: Annotated[
        str | None, typer.Option(help="Label to explain; default: the most probable one.")
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(help="Write the explanation as a picture (.svg) or a table (.csv)."),
    ] = None,
    steps: Annotated[
        int,
        typer.Option(min=4, help="Number of integration steps: more are slower and more accurate."),
    ] = 20,
    overwrite: Overwrite = False,
) -> None:
    """Show the evidence for a label: which frequencies at which times.

    The percentages are shares of all the evidence for the label (integrated gradients, with silence
    as the baseline).

    Example: 'earmark why song.mp3 --at 12 -c genre --label techno --picture why.svg'.
    """
    from engine.explain.explanation import strongest
    from engine.explain.integrated_gradients import explain_file  # brings torch along

    if picture is not None and picture.suffix.lower() not in (".svg", ".csv"):
        raise DataError(
            f"{picture.name} is not an .svg or .csv file. Choose a name that ends in one of these."
        )
    if picture is not None:
        check_file(picture, [Path(file)], overwrite)
    model = Catalog().load(classifier)
    found = progress("why", explain_file(model, file, at, label, steps=steps))
    sys.stdout.write(_words(found, strongest(found, 8)))
    if found.gap > _DOUBTFUL:
        notes().print("The explanation is inaccurate: its parts do not add up. Use more --steps.")
    if picture is not None:
        table = picture.suffix.lower() == ".csv"
        write_text(picture, _table(found) if table else _picture(found))


def _words(found: "Explanation", spots: "list[Spot]") -> str:
    first, last = found.window_seconds
    label = one_line(found.label)
    lines = [f"{label} {found.words} from {first:.1f} to {last:.1f} s; evidence:"]
    lines += [
        f"  {spot.share:4.0%}  {spot.start_seconds:8.2f} - {spot.end_seconds:8.2f} s"
        + ("" if spot.low_hz is None else f"  {spot.low_hz:6.0f} - {spot.high_hz:6.0f} Hz")
        for spot in spots
    ]
    if not spots:
        lines.append("  no part of the sound supports this label")
    if found.axis == "time":
        lines.append("This classifier's features have no frequencies, so only times are shown.")
    what = "value" if found.is_value else "logit"
    lines.append(
        f"Its {what} is {found.logit:.2f}, of silence {found.silent_logit:.2f}; the parts add up "
        f"to that difference within {found.gap:.1%}."
    )
    return "\n".join(lines) + "\n"


def _table(found: "Explanation") -> str:
    """One line a band and frame: where it lies, and how much it spoke for the label, in logits."""
    edges = found.edges_hz
    lines = ["start_seconds,end_seconds,low_hz,high_hz,attribution"]
    for band, row in enumerate(found.attribution.tolist()):
        hz = "," if edges is None else f"{edges[band]:.1f},{edges[band + 1]:.1f}"
        for frame, value in enumerate(row):
            start = found.begin_seconds + frame * found.step_seconds
            lines.append(f"{start:.4f},{start + found.step_seconds:.4f},{hz},{value:.6g}")
    return "\n".join(lines) + "\n"


def _picture(found: "Explanation") -> str:
    from engine.explain.explanation import highlight

    bright = highlight(found)
    join = -(-bright.shape[1] // _MOST_COLUMNS)
    firsts = np.arange(0, bright.shape[1], join)
    cells = np.maximum.reduceat(bright, firsts, axis=1)
    size = ((svg.WIDTH - _LEFT - 10) / bright.shape[1] * join, _PLOT / len(cells))
    bottom, right = _TOP + _PLOT, svg.WIDTH - 10
    title = f"Evidence for {found.label} ({found.words})"
    parts = [svg.text(_LEFT, 18, title)]
    for row, column in np.argwhere(cells > 0.05):
        corner = (_LEFT + column * size[0], bottom - (row + 1) * size[1])
        parts.append(svg.rectangle(corner, size, svg.ACCENT, float(cells[row, column])))
    parts += [svg.line((_LEFT, bottom), (right, bottom)), svg.line((_LEFT, _TOP), (_LEFT, bottom))]
    for seconds in svg.nice_ticks(*found.window_seconds):
        share = (seconds - found.begin_seconds) / (found.end_seconds - found.begin_seconds)
        if 0 <= share <= 1:
            x = _LEFT + share * (right - _LEFT)
            parts.append(svg.text(x, bottom + 16, f"{seconds:g} s", "middle", svg.FAINT))
    edges = [] if found.edges_hz is None else found.edges_hz.tolist()
    for row in range(0, len(edges), max(1, len(edges) // 8)):
        y = bottom - row * size[1]
        parts.append(svg.text(_LEFT - 6, y + 4, f"{edges[row]:.0f} Hz", "end", svg.FAINT))
    return svg.document(_HEIGHT, title, parts)
