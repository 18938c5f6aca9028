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
DOCS = {
    "listen-dark.png": Shown("listen", "dark"),
    "listen-light.png": Shown("listen", "light"),
    "file-dark.png": Shown("file", "dark"),
    "file-light.png": Shown("file", "light"),
    "why-dark.png": Shown("why", "dark"),
    "sounds-dark.png": Shown("sounds-table", "dark"),
    "sounds-map-dark.png": Shown("sounds-map", "dark"),
    "train-dark.png": Shown("train-running", "dark"),
    "compare-dark.png": Shown("compare-parallel", "dark"),
    "models-dark.png": Shown("models", "dark"),
    "teach-1-recorded.png": Shown("teach-recorded", "light"),
    "teach-2-trained.png": Shown("teach-trained", "light"),
    "teach-3-heard.png": Shown("teach-heard", "light"),
}
ELSEWHERE = ("installed.png",)
