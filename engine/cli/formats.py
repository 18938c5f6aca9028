"""The forms in which ``earmark classify`` says what it heard."""

from typing import TYPE_CHECKING

from engine.export import to_audacity, to_csv, to_json, to_raven
from engine.recognition.decisions import Segment, decide, segments
from engine.recognition.timeline import summary

if TYPE_CHECKING:
    from engine.classifier.classifier import Classifier
    from engine.recognition.files import FileAnalysis


def render(
    form: str,
    file: str,
    analysis: "FileAnalysis",
    models: "dict[str, Classifier]",
    *,
    first: bool,
) -> str:
    """The result for one file as text; ``first`` is whether a table's head is wanted."""
    if form == "json":
        return to_json(file, analysis.info.duration_seconds, analysis.timelines) + "\n"
    if form == "csv":
        return _csv(file, to_csv(analysis.timelines), first=first)
    lanes = heard(analysis, models)
    if form == "audacity":
        return to_audacity(lanes)
    if form == "raven":
        return to_raven(lanes, file=file, high_hz=analysis.info.rate_hz / 2)
    return _table(file, analysis, lanes)


def heard(analysis: "FileAnalysis", models: "dict[str, Classifier]") -> dict[str, list[Segment]]:
    """What each classifier heard, as segments."""
    return {
        name: segments(
            decide(timeline, models[name].card.rules()),
            hop_seconds=timeline.hop_seconds,
            duration_seconds=analysis.info.duration_seconds,
            bridge_seconds=1.0,
        )
        for name, timeline in analysis.timelines.items()
    }


def _csv(file: str, table: str, *, first: bool) -> str:
    """With a column for the file in front."""
    quoted = '"' + file.replace('"', '""') + '"'
    head, *lines = table.splitlines()
    rows = [f"{quoted},{line}" for line in lines]
    return "".join(f"{line}\n" for line in ([f"file,{head}"] if first else []) + rows)


def _table(file: str, analysis: "FileAnalysis", lanes: dict[str, list[Segment]]) -> str:
    lines = [f"{file}  ({analysis.info.duration_seconds:.1f} s, {analysis.info.format})"]
    for name, timeline in analysis.timelines.items():
        top = ", ".join(f"{label} {share:.0%}" for label, share in summary(timeline)[:5])
        lines.append(f"  {name}: {top}")
        for segment in lanes[name]:
            lines.append(
                f"    {segment.start_seconds:8.1f} - {segment.end_seconds:8.1f} s  "
                f"{segment.label:16} {segment.mean_probability:4.0%}"
            )
        if not lanes[name]:
            lines.append("    nothing I know")
    return "\n".join(lines) + "\n"
