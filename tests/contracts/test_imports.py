"""Who may import whom, and what must stay out of the way when the window opens."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout.strip()


def test_import_rules_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout


# In this order, in one process: what an earlier one loads is found with it.
LIGHT = [
    "engine",
    "engine.audio",
    "engine.recognition.timeline",
    "engine.recognition.decisions",
    "engine.export",
    "engine.music.facts",
    "engine.cli",
    "desktop",
    "desktop.__main__",
    "desktop.application",
    "desktop.window",
    "desktop.pages.listen.page",
    "desktop.pages.file.page",
    "desktop.pages.sounds.page",
    "desktop.pages.train.page",
    "desktop.pages.compare.page",
    "desktop.pages.models.page",
    "desktop.pages.archive.page",
    "desktop.pages.search.page",
]


def test_heavy_libraries_are_not_loaded() -> None:
    heavy = {"torch", "librosa", "numba", "scipy", "sklearn", "openTSNE", "jinja2"}
    said = _python(
        f"import importlib, sys\nfor name in {LIGHT}:\n    importlib.import_module(name)\n"
        f"    print(name, *sorted({heavy} & set(sys.modules)))"
    )
    assert said.splitlines() == LIGHT


def test_what_is_bundled_is_loaded_without_what_only_a_compiler_needs() -> None:
    """Which would take twice the time and 70 MB more in each process that hears something."""
    code = (
        "import sys\nfrom engine import Catalog, Classifier\n"
        "Classifier.load(Catalog().find('instrument').path)\n"
        "print(sorted({'sympy', 'torch._dynamo'} & set(sys.modules)))"
    )
    assert _python(code) == "[]"


def test_the_table_of_pages_is_cheap() -> None:
    loaded = _python(
        "import sys, desktop.pages;"
        "print(len(desktop.pages.PAGES), [name for name in sys.modules"
        " if name in ('numpy', 'PySide6.QtWidgets') or name.startswith('engine')"
        " or name.startswith('desktop.pages.') and name.count('.') > 2])"
    )
    assert loaded == "8 []"


def test_only_the_page_that_is_shown_is_imported() -> None:
    pages = "{n.split('.')[2] for n in sys.modules if n[:14] + n[-5:] == 'desktop.pages..page'}"
    code = (
        "import sys\n"
        "from desktop.application import make_application\n"
        "from desktop.session import Session\n"
        "from desktop.window import Window\n"
        "application = make_application(['earmark'])\n"
        "window = Window(Session(), first='{}')\n"
        "window.show()\n"
        f"print(*{pages}, {{'torch', 'scipy', 'librosa', 'sklearn'}} & set(sys.modules))\n"
        "window.close()\n"
    )
    for first in ("file", "listen", "models"):
        assert _python(code.replace("{}", first)) == f"{first} set()"


def test_the_engine_does_not_load_qt() -> None:
    loaded = _python(
        "import sys, engine, engine.cli, engine.recognition.live, engine.recognition.files;"
        "import engine.pictures.view, engine.classifier.catalog;"
        "import engine.explain.integrated_gradients;"
        "print([name for name in sys.modules if name.startswith(('PySide6', 'pyqtgraph'))])"
    )
    assert loaded == "[]"


def test_importing_the_engine_is_quick() -> None:
    # Of the processor's time, the best of three: the one the machine disturbed least.
    clock = "time.process_time()"
    code = f"import time; start = {clock}; import engine; print({clock} - start)"
    assert min(float(_python(code)) for _ in range(3)) < 0.2


def test_the_engines_public_names_are_there() -> None:
    import engine

    for name in engine.__all__:
        assert getattr(engine, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        engine.nonsense  # noqa: B018
