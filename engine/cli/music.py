"""``earmark analyse-music``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.output import notes, progress
from engine.errors import AudioError, problem_of
from engine.export.timelines import json_line
from engine.export.words import visible

if TYPE_CHECKING:
    from engine.music.facts import MusicFacts


def analyse_music(
    files: Annotated[list[str], typer.Argument(help="Sound files, folders or glob patterns.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Write one line of JSON per file, with the beats.")
    ] = False,
) -> None:
    """Estimate the tempo, key and tuning of the music in sound files.

    Exit code 1 says that some files could not be read, 2 that none could; the others are done.

    Examples: 'earmark analyse-music song.mp3', 'earmark analyse-music --json album/ > facts.jsonl'.
    """
    from engine.audio.files import find_audio
    from engine.music.facts import analyse_music as analysed

    paths = find_audio(files)
    failed: list[AudioError] = []
    for path in paths:
        try:
            found = progress(path.name, analysed(path))
            text = _json(path, found) if as_json else _words(path, found)
        except Exception as error:  # noqa: BLE001  # it must not cost the other files
            failed.append(AudioError(problem_of(path, error)))
            if len(failed) < len(paths):
                notes().print(visible(str(failed[-1])), markup=False)
            continue
        sys.stdout.write(text)
        sys.stdout.flush()
    if len(failed) == len(paths):
        raise failed[-1]
    if failed:
        raise typer.Exit(1)


def _words(path: Path, facts: "MusicFacts") -> str:
    from engine.music.words import key_words, tempo_words, tuning_words

    return (
        f"{visible(str(path))}  ({facts.seconds:.1f} s)\n"
        f"  tempo:  {tempo_words(facts)}\n"
        f"  key:    {key_words(facts)}\n"
        f"  tuning: {tuning_words(facts)}\n"
    )


def _json(path: Path, facts: "MusicFacts") -> str:
    tempo, key, tuning = facts.tempo, facts.key, facts.tuning
    record: dict[str, Any] = {"file": str(path), "seconds": round(facts.seconds, 3)}
    record["tempo"] = tempo and {
        "bpm": round(tempo.bpm, 2),
        "confidence": round(tempo.confidence, 3),
        "clear": tempo.clear,
        "candidates": [round(bpm, 2) for bpm in tempo.candidates],
    }
    record["beats"] = [round(float(seconds), 3) for seconds in facts.beats]
    record["key"] = key and {
        "name": key.name,
        "score": round(key.score, 3),
        "lead": round(key.lead, 3),
        "second": key.second,
        "clear": key.clear,
    }
    record["tuning"] = tuning and {
        "cents": round(tuning.cents, 1),
        "a4_hz": round(tuning.a4_hz, 2),
        "clear": tuning.clear,
    }
    return json_line(record) + "\n"
