"""Which pictures there are: of what, how large, and those that README and docs show."""

from dataclasses import dataclass

APPEARANCES = ("light", "dark")
SIZES = ((1280, 800), (1920, 1080), (1024, 700))
SIZE = SIZES[0]  # of those in docs, and the only one at other scales
MOST_BYTES = 250_000  # of one in docs


@dataclass(frozen=True)
class Shown:
    """A picture that README or docs show: what the window showed when it was taken."""

    state: str
    appearance: str


# By file name in docs. Made elsewhere: installed.png, by packaging/linux/package_test.sh.
_STATES = {
    "listen": "listen",
    "file": "file",
    "why": "why",
    "sounds": "sounds-table",
    "sounds-map": "sounds-map",
    "train": "train-running",
    "compare": "compare-parallel",
    "models": "models",
    "archive": "archive",
    "search": "search-teach",
    "watch": "watch",
    "teach-1-recorded": "teach-recorded",
    "teach-2-trained": "teach-trained",
    "teach-3-heard": "teach-heard",
}
DOCS = {
    f"{name}-{appearance}.png": Shown(state, appearance)
    for name, state in _STATES.items()
    for appearance in APPEARANCES
}
ELSEWHERE = ("installed.png",)
