"""What the teacher calls our instruments: AudioSet's names, and relatives where it has none."""

from torch import Tensor, stack

from instrument.classes import LABELS

NAMES = {
    "violin": ("Violin, fiddle",),
    "cello": ("Cello",),
    "double bass": ("Double bass",),
    "acoustic guitar": ("Acoustic guitar",),
    "electric guitar": ("Electric guitar",),
    "electric bass": ("Bass guitar",),
    "banjo": ("Banjo",),
    "mandolin": ("Mandolin",),
    "harp": ("Harp",),
    "piano": ("Piano", "Electric piano"),
    "harpsichord": ("Harpsichord",),
    "organ": ("Organ", "Hammond organ", "Electronic organ"),
    "accordion": ("Accordion",),
    "flute": ("Flute",),
    "clarinet": ("Clarinet",),
    "saxophone": ("Saxophone",),
    "trumpet": ("Trumpet",),
    "trombone": ("Trombone",),
    "French horn": ("French horn",),
    "mallets": ("Marimba, xylophone", "Vibraphone", "Glockenspiel", "Tubular bells"),
    "drums": ("Drum kit", "Drum", "Percussion", "Timpani", "Tambourine", "Cymbal"),
    "voice": ("Singing", "Choir", "Vocal music", "Male singing", "Female singing"),
}
# Labels that AudioSet lacks, heard as those it has: the teacher tells their family.
_RELATIVES = {
    "viola": ("violin", "cello"),
    "distorted guitar": ("electric guitar",),
    "piccolo": ("flute",),
    "oboe": ("flute", "clarinet", "saxophone"),
    "cor anglais": ("flute", "clarinet", "saxophone"),
    "bass clarinet": ("clarinet", "saxophone"),
    "bassoon": ("flute", "clarinet", "saxophone"),
    "tuba": ("trombone", "French horn"),
}


def heard(logits: Tensor, names: list[str]) -> Tensor:
    """The teacher's logits of our labels: the largest of each one's names.

    Args:
        logits: shape (n, 527).
        names: AudioSet's, in the order of the logits.

    Returns:
        Shape (n, labels).
    """
    columns = []
    for label in LABELS:
        known = [name for relative in _RELATIVES.get(label, (label,)) for name in NAMES[relative]]
        columns.append(logits[:, [names.index(name) for name in known]].amax(1))
    return stack(columns, dim=1)
