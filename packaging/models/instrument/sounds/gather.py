"""Gathers what the solo-instrument classifier learns from: one folder of numbers a collection.

    python packaging/models/run.py instrument.sounds.gather SHARED_DATA DOWNLOADS OUT

SHARED_DATA holds philharmonia/, weresax/, esc10/, fsdd/. DOWNLOADS holds unpacked packages:
``sf/`` the soundfonts named below, ``freepats/freepats.cfg`` (Debian's freepats, for timidity),
``npm/tonejs-instrument-*`` (samples CC BY 3.0), ``drums/`` (Debian's hydrogen-drumkits and
sonic-pi-samples), ``stems/`` (Debian's fretsonfire-songs-*), ``games/`` (music and effects of
Debian's games), ``songs/`` (music of more of them), ``spoken/`` (the sounds of Debian's
klettres-data and ktuberling-data, a folder a language, and in ``asterisk/``, a folder a speaker,
those prompts of Debian's asterisk-core-sounds-*-g722 and asterisk-prompt-* that have 12 kB or more,
made Ogg at 16 kHz by ffmpeg: en, es_CO, es_MX, fr_CA, fr_f (Armelle), it_f (Menardi), it_m, ru_f)
and ``lines.json`` (lines of music21's corpus, see ``melodies.py``). Writes
``OUT/<collection>.npy``, int16 at 32 kHz end to end, and ``OUT/<collection>.json``: a list of
[start, end, label, group, kind].
"""

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from instrument.sounds.others import hums, mixtures, not_music
from instrument.sounds.play import Melodies, fluidsynth, timidity
from instrument.sounds.recordings import (
    Stretch,
    drum_machines,
    philharmonia,
    played,
    players,
    stems,
)
from instrument.sounds.songs import speakers
from instrument.sounds.soundfonts import programs
from instrument.sounds.storing import store
from instrument.sounds.voices import spoken, sung

SEED = 5
FONTS = {
    # GeneralUser is by MuseScore General's editor, who may have taken sounds into both.
    "fluid": ("FluidR3_GM.sf2", "MuseScore_General_Full.sf3", "GeneralUser-v1.47.sf2"),
    "small-banks": ("TimGM6mb.sf2", "sonivox.sf2", "sf_GMbank.sf2", "A320U.sf2"),
}


def main() -> None:
    shared, downloads, out = (Path(name) for name in sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[4:]

    def fresh() -> tuple[Melodies, np.random.Generator]:
        rng = np.random.default_rng(SEED)
        return Melodies(downloads / "lines.json", rng), rng

    games = [downloads / "games"]

    def fonts(names: tuple[str, ...]) -> Iterator[Stretch]:
        melodies, rng = fresh()
        for name in names:
            font = downloads / "sf" / name
            yield from played(fluidsynth(font), name, melodies, rng, programs(font))

    config = downloads / "freepats" / "freepats.cfg"
    jobs: dict[str, Callable[[], Iterator[Stretch]]] = {
        "philharmonia": lambda: philharmonia(shared / "philharmonia", *fresh()),
        "players": lambda: itertools.chain(
            players(downloads / "npm", shared / "weresax", *fresh()),
            stems(downloads / "stems", fresh()[1]),
        ),
        "fluid": lambda: fonts(FONTS["fluid"]),
        "small-banks": lambda: fonts(FONTS["small-banks"]),
        "freepats": lambda: played(timidity(config), "freepats", *fresh()),
        "kits": lambda: drum_machines(downloads / "drums", fresh()[1]),
        "voices": lambda: sung(downloads / "spoken", *fresh()),
        "not-music": lambda: itertools.chain(
            not_music(shared, games, fresh()[1]), spoken(downloads / "spoken", fresh()[1])
        ),
        "speakers": lambda: speakers(downloads / "spoken", *fresh()),
        "hums": lambda: hums(fresh()[1]),
        "mixtures": lambda: mixtures([*games, downloads / "songs"], fresh()[1]),
    }
    for collection, job in jobs.items():
        if not wanted or collection in wanted:
            store(job(), out, collection)


if __name__ == "__main__":
    main()
