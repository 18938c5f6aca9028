"""The words on the cards of the bundled classifiers, and the script that renews them.

    python packaging/models/run.py cards [NAME...]

The scripts that make the classifiers write the same words; this one puts them on the cards of those
that are there, without NAME of all of them. Numbers, labels and probabilities stay as they are.
"""

import sys

from engine.classifier.card import Card
from engine.classifier.file import read_header, with_card, write_file
from project import ROOT

_TAGS = (
    "The tags come from listeners of 2007 to 2011: newer genres are missing, and western pop and "
    "rock are recognised best. Speech over music counts as music; singing alone may count as "
    "speech. Dark ambient soundscapes may be rejected as noise, and musical sound effects accepted "
    "as music."
)
_TAGS_ALONE = (
    "On 317 real recordings (emotify), the right one of classical, electronic, pop and rock was "
    "the most probable label for 57, 86, 31 and 43 %, names of subgenres included: a third of the "
    "classical music is called jazz, and much pop and rock folk. The other genres were not "
    f"evaluated. {_TAGS}"
)
LIMITS = {
    "composer": (
        "Not right about real recordings, so it is not enabled by default. Of 17 recordings of "
        "Bach (emotify, 12 s of each) it attributed none to Bach, but 10 to Mozart, 6 to "
        "Beethoven and 1 to Monteverdi, six of them with enough confidence to be reported. Of 81 "
        "recordings of other composers, 11 were reported as one of the five. Moving the pitch (a "
        "semitone down to half a semitone up) does not mend it. "
        "It was trained on scores played by synthesisers and is right about 86 to 96 % of such "
        "pieces. Each composer is represented by one kind of music: Bach by chorales, Beethoven "
        "and Mozart by string quartets, Monteverdi by madrigals, Palestrina by masses. Other music "
        "of theirs may be attributed to somebody else. There were only five works by Mozart. Read "
        "a label as 'sounds most like'."
    ),
    "genre": (
        "Classical, electronic, pop and rock were learned from 317 recordings by artists of "
        "Magnatune (emotify). Of artists left out, the right one of them was the most probable of "
        "all labels for 96, 88, 49 and 72 % of the recordings (mean 76 %; tags alone 54 %): 38 % "
        "of pop is called rock, 23 % of rock pop. Heard through a room and a noisy microphone it "
        "was 64 %, and for half of the recordings nothing is reported. The other genres were not "
        "evaluated: they come from tags, less probable than the four where both fit. Disco and "
        "reggae are missing: there is no tag for them, and no recording to learn from. Not for "
        f"commercial use: some of the recordings exclude it (see the licence). {_TAGS}"
    ),
    "mood": (
        "Compared with the emotions that listeners reported for 317 recordings (emotify), the "
        "words follow how calm or how active music is: mellow and calm rank with calmness (rank "
        "correlation 0.58 and 0.55), energetic with power (0.56) and joyful activation (0.52), "
        "party with tension (0.46) and power. Whether music makes happy or sad they tell less: "
        "happy ranks with joyful activation by 0.29 only, and sad is as much tender, nostalgic and "
        "calm music (0.56, 0.56, 0.39) as sad music (0.46), as beautiful and mellow are. Sensual "
        f"ranks with none of them. {_TAGS}"
    ),
    "instruments-in-music": _TAGS,
}


# Of what is built without recordings whose licences exclude commercial use.
COMMERCIAL: dict[str, dict[str, object]] = {
    "genre": {
        "description": (
            "Genres of music, several at a time where they mix. Based on the tags of two musicnn "
            "networks."
        ),
        "licence": "ISC (musicnn weights), Apache-2.0 (gate and calibration)",
        "limits": _TAGS_ALONE,
    }
}


def with_script(card: Card, script: str) -> dict[str, object]:
    """The card's recipe, with one more of the scripts that made it, in their order."""
    recipe = dict(card.recipe or {})
    before = [name for name in str(recipe.get("scripts", "")).split(", ") if name]
    return {**recipe, "scripts": ", ".join([*(x for x in before if x != script), script])}


def renewed(card: Card) -> Card:
    """The card with the words of today."""
    return card.model_copy(update={"limits": LIMITS[card.name]})


def main() -> None:
    for name in sys.argv[1:] or LIMITS:
        path = ROOT / "resources" / "models" / f"{name}.safetensors"
        write_file(path, with_card(path, renewed(read_header(path).card)))
        sys.stdout.write(f"{name}: renewed\n")


if __name__ == "__main__":
    main()
