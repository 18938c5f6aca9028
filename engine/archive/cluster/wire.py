"""What a worker tells of a file: numbers, words and the bytes of arrays. Nothing in it can run."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.archive.cells import finite, timeline_of
from engine.audio.files import AudioInfo
from engine.recognition.decisions import Decision, Segment
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import FileResult

_ARRAYS = {"times": "<f8", "probabilities": "<f4", "presence": "<f4", "level_db": "<f4"}


def packed(result: FileResult) -> dict[str, Any]:
    """A result as plain values."""
    info = result.info
    return {
        "duration_seconds": info.duration_seconds,
        "rate_hz": info.rate_hz,
        "channels": info.channels,
        "format": info.format,
        "tags": dict(info.tags),
        "noted": info.remark,
        "remark": result.remark,
        "lines": {name: _line(result, name) for name in result.timelines},
    }


def _line(result: FileResult, name: str) -> dict[str, Any]:
    line, verdict = result.timelines[name], result.verdicts[name]
    return {
        "labels": list(line.labels),
        "window_seconds": line.window_seconds,
        "hop_seconds": line.hop_seconds,
        "ranges": [list(pair) for pair in line.ranges],
        **{
            key: np.asarray(getattr(line, key)).astype(form).tobytes()
            for key, form in _ARRAYS.items()
        },
        "lane": [
            [one.start_seconds, one.end_seconds, one.label, one.mean_probability]
            for one in result.lanes[name]
        ],
        "heard": list(verdict.heard),
        "verdict": verdict.verdict,
    }


def unpacked(told: Mapping[str, Any], path: Path) -> FileResult:
    """The result that :func:`packed` was given, without the reasons of its last row.

    Args:
        told: what a worker sent.
        path: the file it is of.

    Raises:
        ValueError, TypeError, KeyError: it is damaged.
    """
    tags = {str(key): str(text) for key, text in told["tags"].items()}
    sizes = finite(told["duration_seconds"]), int(told["rate_hz"]), int(told["channels"])
    info = AudioInfo(path, *sizes, str(told["format"]), tags, str(told["noted"]))
    timelines: dict[str, Timeline] = {}
    lanes: dict[str, list[Segment]] = {}
    verdicts: dict[str, Decision] = {}
    for name, one in told["lines"].items():
        ranges = tuple((finite(low), finite(high)) for low, high in one["ranges"])
        line = timeline_of(
            tuple(map(str, one["labels"])),
            *(one["window_seconds"], one["hop_seconds"]),
            *(bytes(one[key]) for key in _ARRAYS),
        )
        timelines[str(name)] = replace(line, ranges=ranges)
        lanes[str(name)] = [
            Segment(finite(start), finite(end), str(label), finite(mean))
            for start, end, label, mean in one["lane"]
        ]
        last = float(line.times[-1]) if len(line) else 0.0
        verdicts[str(name)] = Decision(last, tuple(map(str, one["heard"])), str(one["verdict"]), ())
    return FileResult(info, timelines, lanes, verdicts, str(told["remark"]))
