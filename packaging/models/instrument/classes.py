"""The instruments that the solo classifier knows, their families, and where each is found."""

from dataclasses import dataclass

STRINGS, PLUCKED, WOODWIND = "bowed strings", "plucked strings", "woodwind"
BRASS, KEYS, DRUMS = "brass", "keyboards", "percussion"
VOICE = "voice"


@dataclass(frozen=True)
class Instrument:
    """One class.

    Attributes:
        family: the answer one level up.
        programs: General MIDI programs, counted from 0; with a bank, where it is not 0.
        lowest, highest: range in MIDI notes.
        chords: whether a player sounds several notes at once.
        recorded: folders of Philharmonia and packages of ToneJS instruments with real notes.
    """

    family: str
    programs: tuple[int | tuple[int, int], ...]
    lowest: int
    highest: int
    chords: bool = False
    recorded: tuple[str, ...] = ()


INSTRUMENTS: dict[str, Instrument] = {
    "violin": Instrument(STRINGS, (40, (8, 40)), 55, 98, recorded=("violin",)),
    "viola": Instrument(STRINGS, (41,), 48, 86),
    "cello": Instrument(STRINGS, (42,), 36, 78, recorded=("cello",)),
    "double bass": Instrument(STRINGS, (43, 32), 28, 62, recorded=("double-bass", "contrabass")),
    "acoustic guitar": Instrument(
        PLUCKED, (24, 25), 40, 84, True, ("guitar", "guitar-acoustic", "guitar-nylon")
    ),
    "electric guitar": Instrument(PLUCKED, (26, 27, 28), 40, 86, True, ("guitar-electric",)),
    "distorted guitar": Instrument(PLUCKED, (29, 30), 38, 84, True),
    "electric bass": Instrument(PLUCKED, (33, 34, 35), 28, 60, False, ("bass-electric",)),
    "banjo": Instrument(PLUCKED, (105,), 48, 84, True, ("banjo",)),
    "mandolin": Instrument(PLUCKED, ((16, 25),), 55, 88, True, ("mandolin",)),
    "harp": Instrument(PLUCKED, (46,), 30, 98, True, ("harp",)),
    "piano": Instrument(KEYS, (0, 1), 26, 104, True, ("piano",)),
    "harpsichord": Instrument(KEYS, (6,), 34, 88, True),
    # Not the reed organ (20): it sounds like an accordion, and in most fonts is made of one.
    "organ": Instrument(KEYS, (16, 17, 19), 36, 92, True, ("organ",)),
    "accordion": Instrument(KEYS, (21, 23), 48, 90, True),
    "flute": Instrument(WOODWIND, (73,), 60, 96, recorded=("flute",)),
    "piccolo": Instrument(WOODWIND, (72,), 74, 107),
    "oboe": Instrument(WOODWIND, (68,), 58, 91, recorded=("oboe",)),
    "cor anglais": Instrument(WOODWIND, (69,), 52, 81, recorded=("cor-anglais",)),
    "clarinet": Instrument(WOODWIND, (71,), 50, 92, recorded=("clarinet",)),
    "bass clarinet": Instrument(WOODWIND, (), 37, 74, recorded=("bass-clarinet",)),
    "bassoon": Instrument(WOODWIND, (70,), 34, 74, recorded=("bassoon", "contrabassoon")),
    "saxophone": Instrument(WOODWIND, (64, 65, 66, 67), 40, 86, recorded=("saxophone",)),
    "trumpet": Instrument(BRASS, (56, 59), 54, 86, recorded=("trumpet",)),
    "trombone": Instrument(BRASS, (57,), 40, 74, recorded=("trombone",)),
    "French horn": Instrument(BRASS, (60,), 40, 78, recorded=("french-horn",)),
    "tuba": Instrument(BRASS, (58,), 28, 62, recorded=("tuba",)),
    "mallets": Instrument(DRUMS, (11, 12, 13), 48, 96, True, ("xylophone",)),
    "drums": Instrument(DRUMS, (), 35, 81, recorded=("percussion",)),
    "voice": Instrument(VOICE, (52, 53), 43, 81, True),
}
# Heard far less often than the sister that each sounds like.
RARE = {
    "viola": "violin",
    "cor anglais": "oboe",
    "piccolo": "flute",
    "bass clarinet": "clarinet",
}
# Programs of another range than their label's others: label, program, lowest and highest note.
SISTERS = (
    ("mallets", 9, 72, 103),  # glockenspiel
    ("mallets", 14, 60, 79),  # tubular bells
    ("drums", 47, 36, 57),  # timpani
    ("drums", 116, 36, 67),  # taiko
    ("drums", 117, 40, 76),  # toms
)
# Programs that play another instrument's samples, as ``soundfonts.py`` shows; of FreePats, what is
# copied from the small banks, and a mandolin for which its guitar plays. Nobody could tell them
# apart, and what they would teach is wrong.
BORROWED: dict[str, tuple[tuple[int, int], ...]] = {
    "FluidR3_GM.sf2": ((16, 25),),
    "GeneralUser-v1.47.sf2": ((16, 25),),
    "TimGM6mb.sf2": ((0, 41),),
    "sf_GMbank.sf2": ((0, 41), (16, 25), (0, 60)),
    "A320U.sf2": ((0, 41), (0, 60)),
    "sonivox.sf2": (
        *((0, program) for program in (40, 41, 42, 43)),
        *((0, program) for program in (19, 57, 58, 60)),
        *((0, program) for program in (68, 69, 70, 71, 72, 73)),
    ),
    "freepats": ((0, 69), (0, 73), (16, 25)),
}
LABELS = tuple(INSTRUMENTS)
FAMILIES = {label: instrument.family for label, instrument in INSTRUMENTS.items()}
