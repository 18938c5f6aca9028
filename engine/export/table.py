"""Results as readable text."""

from engine.export.words import one_line, visible
from engine.recognition.timeline import summary
from engine.recognition.verdict import FileResult

_MOST_LABELS = 5


def to_table(result: FileResult) -> str:
    """For each classifier its verdict, the highest mean probabilities, and its segments.

    Of a regression the verdict says the means of its dimensions.
    """
    info = result.info
    lines = [f"{visible(str(info.path))}  ({info.duration_seconds:.1f} s, {info.format})"]
    for name, timeline in result.timelines.items():
        lines.append(f"  {name}: {one_line(result.verdicts[name].verdict)}")
        if timeline.is_regression:
            continue
        top = summary(timeline)[:_MOST_LABELS]
        lines.append("    on average " + ", ".join(f"{one_line(x)} {m:.0%}" for x, m in top))
        lines += [
            f"    {segment.start_seconds:8.1f} - {segment.end_seconds:8.1f} s  "
            f"{one_line(segment.label):16} {segment.mean_probability:4.0%}"
            for segment in result.lanes[name]
        ]
    return "\n".join(lines) + "\n"
