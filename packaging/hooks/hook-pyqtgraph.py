"""pyqtgraph, what a window of plots needs of it: importing it imports most of it, by name in part.

The usual hook takes all colour maps and icons. Here are those alone that a part of ours may open:
the five maps that are in the public domain (resources/colour_maps.json has those we show) and the
pictures of its own menus and buttons.
"""

from PyInstaller.utils.hooks import collect_data_files

# Asked for by names that are put together while it is imported, even where nothing draws by OpenGL.
hiddenimports = [f"PySide6.Qt{part}" for part in ("OpenGL", "OpenGLWidgets", "Svg")]
# Programs, prompts and pictures in space: reached by functions that nobody here calls.
excludedimports = [
    f"pyqtgraph.{part}"
    for part in ("console", "dockarea", "examples", "flowchart", "jupyter", "opengl")
]
COLOUR_MAPS = ("viridis", "magma", "inferno", "plasma", "cividis")
datas = collect_data_files(
    "pyqtgraph",
    includes=[
        "icons/*.png",
        "icons/invisibleEye.svg",
        "colors/maps/CC0*.txt",
        *(f"colors/maps/{name}.csv" for name in COLOUR_MAPS),
    ],
)
