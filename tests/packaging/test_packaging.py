"""What is packed agrees with what is there; `make package-test` tries the packages themselves."""

import ast
import importlib.util
import json
import os
import plistlib
import re
import shutil
import struct
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from engine.audio.formats import EXTENSIONS

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
LINUX = PACKAGING / "linux"


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PACKAGING))


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def spec() -> dict[str, object]:
    """The names of the spec, without running PyInstaller: its constants and functions."""
    source = ast.parse((PACKAGING / "earmark.spec").read_text(encoding="utf-8"))
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign)
    source.body = [
        part
        for part in source.body
        if isinstance(part, kept)
        and "PyInstaller" not in ast.unparse(part)
        and not re.search(r"Analysis\(|EXE\(|COLLECT\(|PYZ\(|found\.|\[app\]", ast.unparse(part))
    ]
    names: dict[str, object] = {"SPECPATH": str(PACKAGING)}
    exec(compile(source, "earmark.spec", "exec"), names)
    return names


def test_the_version_is_written_once() -> None:
    from importlib.metadata import version

    project = _load(PACKAGING / "project.py")
    assert re.fullmatch(r"\d+\.\d+\.\d+", project.VERSION)
    assert version("earmark") == project.VERSION
    own = [path for path in PACKAGING.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    for path in own:
        text = path.read_text(encoding="utf-8", errors="replace")
        # Examples in comments aside, nothing says a version of Earmark's.
        lines = [
            line for line in text.splitlines() if not re.match(r"\s*(;|#|python|makensis)", line)
        ]
        assert not re.search(r"[Ee]armark[-_ ](?:v)?\d+\.\d+\.\d+", "\n".join(lines)), path


def test_packaging_is_no_package() -> None:
    assert not list(PACKAGING.rglob("__init__.py")), "it would hide the library `packaging`"


def test_everything_in_resources_is_frozen(spec: dict[str, object]) -> None:
    listed = spec["resources"]()  # type: ignore[operator]
    there = {p for p in (ROOT / "resources").rglob("*") if p.is_file() and "py" not in p.suffix}
    assert {Path(source) for source, _ in listed} == there
    for source, place in listed:
        assert Path(source).parent == ROOT / place
    kept = [place for source, place in listed if spec["wanted"]((place, source, "DATA"))]  # type: ignore[operator]
    assert len(kept) == len(listed)


@pytest.mark.parametrize(
    ("place", "bundled"),
    [
        ("libportaudio.so.2", True),
        ("libasound.so.2", False),
        ("libpulse.so.0", False),
        ("libpipewire-0.3.so.0", False),
        ("alsa-lib/libasound_module_pcm_pulse.so", False),
        ("av.libs/libasound-c7818c60.so.2.0.0", True),
        ("_soundfile_data/libsndfile_x86_64.so", True),
        ("libstdc++.so.6", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqwayland.so", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", False),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6/Qt/plugins/platforms/libqcocoa.dylib", True),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", False),
        ("PySide6/Qt/plugins/iconengines/libqsvgicon.so", True),
        ("PySide6/Qt/plugins/sqldrivers/libqsqlite.so", False),
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/bin/torch_shm_manager", True),
        ("torch/bin/protoc", False),
        ("torch/include/torch/torch.h", False),
        ("torch/lib/libtorchbind_test.so", False),
    ],
)
def test_what_is_bundled(
    spec: dict[str, object], place: str, bundled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spec["wanted"]((place, place, "BINARY")) is bundled  # type: ignore[operator]


def test_nothing_left_out_is_imported(spec: dict[str, object]) -> None:
    """The engine and the window name none of the modules that the frozen program lacks."""
    lacking = set(spec["EXCLUDED"])  # type: ignore[call-overload]
    # Asked for, with a sentence.
    extras = {"onnx", "onnxruntime", "onnxscript", "triton", "distributed"}
    for path in [*(ROOT / "engine").rglob("*.py"), *(ROOT / "desktop").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                parts = name.split(".")
                above = {".".join(parts[: n + 1]) for n in range(len(parts))}
                assert not above & (lacking - extras), f"{path}: {name}"


# Stands before a program: what the installers leave out cannot be imported.
_LEFT_OUT = """
import sys

class LeftOut:
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        if any(".".join(parts[: n + 1]) in LACKING for n in range(len(parts))):
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, LeftOut())
"""
_PLOTS = """
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication

application = QApplication([])
plots = pg.GraphicsLayoutWidget()
plot = plots.addPlot()
plot.addLegend()
plot.plot(np.arange(9.0), np.arange(9.0), name="line")
for item in (pg.LinearRegionItem((1, 2)), pg.InfiniteLine(3), pg.ScatterPlotItem([1], [2]),
             pg.BarGraphItem(x=[1], height=[2], width=1), pg.TextItem("word")):
    plot.addItem(item)
picture = pg.ImageItem(np.eye(4))
shown = plots.addPlot(row=1, col=0)
shown.addItem(picture)
bar = pg.ColorBarItem(values=(0, 1), colorMap="viridis")
bar.setImageItem(picture, insert_in=shown)
plots.show()
application.processEvents()
plots.grab()
plot.getContextMenus(None), plot.vb.menu
drawing, buffer = QSvgGenerator(), QBuffer()
buffer.open(QIODevice.OpenModeFlag.WriteOnly)
drawing.setOutputDevice(buffer)
painter = QPainter(drawing)
plots.render(painter)
painter.end()
print(*sorted(name for name in sys.modules if name.startswith(("PySide6.Qt", "pyqtgraph."))))
sys.stdout.flush()
__import__("os")._exit(0)  # in whatever order Qt's objects would go
"""


_MUSIC = """
import numpy as np
from engine.datasets.onsets import onsets
from engine.features import build_feature
from engine.librosa_loading import load_librosa
from engine.music.facts import analyse_music
from engine.sound_map.projection import tsne
from resources import resource

*_, last = analyse_music(resource("sounds", "flute.ogg"))
noise = np.random.default_rng(0).normal(size=(40, 9)).astype(np.float32)
onsets(noise.reshape(1, -1), 22050)
librosa = load_librosa()
spectrum = np.abs(librosa.stft(np.resize(noise, 22050)))
for call in (librosa.feature.spectral_centroid, librosa.feature.spectral_contrast):
    call(S=spectrum)
librosa.feature.mfcc(S=librosa.power_to_db(librosa.feature.melspectrogram(S=spectrum**2)))
for share in tsne(noise, 5.0, 1):
    pass
print(*sorted(sys.modules))
"""


def _place(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _hook(name: str) -> dict[str, object]:
    """The names of a hook; what PyInstaller would collect for it, as it is asked."""
    source = (PACKAGING / "hooks" / f"hook-{name}.py").read_text(encoding="utf-8")
    source = re.sub(r"^from PyInstaller.*$", "", source, flags=re.MULTILINE)
    names: dict[str, object] = {
        "collect_data_files": lambda _, includes: includes,
        "collect_submodules": lambda _, filter: [],  # PyInstaller's name
        "get_package_paths": lambda package: (None, str(_place(package))),
    }
    exec(compile(source, f"hook-{name}.py", "exec"), names)
    return names


def _loaded_without(lacking: set[str], code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"LACKING = {lacking!r}\n{_LEFT_OUT}{code}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_plots_need_nothing_that_is_left_out(spec: dict[str, object]) -> None:
    hook = _hook("pyqtgraph")
    loaded = _loaded_without({*spec["EXCLUDED"], *hook["excludedimports"]}, _PLOTS)  # type: ignore[misc]
    assert "pyqtgraph.graphicsItems.ColorBarItem" in loaded
    # PyInstaller finds what is written down; the others are asked for by names put together.
    written = {f"PySide6.Qt{part}" for part in ("Core", "Gui", "Widgets")}
    qt = {name for name in loaded if name.startswith("PySide6.Qt")}
    assert qt <= written | set(hook["hiddenimports"])  # type: ignore[call-overload]


def test_music_and_maps_need_nothing_that_is_left_out(spec: dict[str, object]) -> None:
    hook = _hook("openTSNE")
    loaded = _loaded_without({*spec["EXCLUDED"], *hook["excludedimports"]}, _MUSIC)  # type: ignore[misc]
    assert {"librosa.onset", "numba", "scipy.signal", "sklearn.neighbors", "openTSNE"} <= loaded
    compiled = {
        name for name in loaded if re.fullmatch(r"openTSNE\.(_matrix_mul|quad_tree).*", name)
    }
    assert compiled
    assert compiled <= set(hook["hiddenimports"])  # type: ignore[call-overload]
    # Imported by numba's compiled part, where PyInstaller cannot read it.
    assert "numba._devicearray" in loaded & set(_hook("numba")["hiddenimports"])  # type: ignore[call-overload]


_ARCHIVE = """
from pathlib import Path
from tempfile import TemporaryDirectory
from engine.archive.database import Database
from engine.archive.parquet import OneTable
from engine.archive.processes import Listening
from engine.datasets.corpora.manifest import excerpts_in
import pyarrow
from pyarrow import parquet

with TemporaryDirectory() as folder:
    with Database(Path(folder, "a.sqlite")) as database:
        assert database.known() == {}
    table = OneTable(Path(folder, "a.parquet"), ["flute"], "mixed")
    table.close()
    assert parquet.ParquetFile(Path(folder, "a.parquet")).read().num_rows == 0
    rows = [{"path": "a.wav", "label": "x"}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), Path(folder, "b.parquet"))
    assert excerpts_in(Path(folder, "b.parquet"))[0].label == "x"
print(*sorted(sys.modules))
"""


def test_archives_need_nothing_that_is_left_out(spec: dict[str, object]) -> None:
    hook = _hook("pyarrow")
    loaded = _loaded_without({*spec["EXCLUDED"], *hook["excludedimports"]}, _ARCHIVE)  # type: ignore[misc]
    assert {"sqlite3", "_sqlite3", "pyarrow.parquet"} <= loaded
    inside = {name for name in loaded if name.startswith("pyarrow.")}
    assert inside <= {"pyarrow.parquet", *hook["hiddenimports"]}  # type: ignore[misc]


def test_the_tables_of_librosa_are_bundled(spec: dict[str, object]) -> None:
    place, patterns = _place("librosa"), _hook("librosa")["datas"]
    found = {path for pattern in patterns for path in place.glob(pattern)}  # type: ignore[attr-defined]
    code = {".py", ".pyc", ".nbi", ".nbc"}
    all_of_it = {path for path in place.rglob("*") if path.is_file() and path.suffix not in code}
    data = {path for path in found if path.is_file() and path.suffix not in code}
    assert data == all_of_it - {place / "py.typed"}
    for path in data:
        inside = f"librosa/{path.relative_to(place).as_posix()}"
        assert spec["wanted"]((inside, str(path), "DATA")), inside  # type: ignore[operator]


def test_compiled_functions_of_librosa_have_their_sources(spec: dict[str, object]) -> None:
    """numba keeps what it compiled by the place of the source."""
    mode = _hook("librosa")["module_collection_mode"]
    files = {name for name, kept in mode.items() if kept == "py"}  # type: ignore[attr-defined]
    assert {"librosa.core.pitch", "librosa.util.utils", "librosa.beat"} <= files


def test_versions_that_are_asked_for_are_there(spec: dict[str, object]) -> None:
    from engine.training.runs import run

    assert set(run._LIBRARIES) <= set(spec["ABOUT"])  # type: ignore[call-overload]


def test_the_files_of_pyqtgraph_that_are_bundled_are_there() -> None:
    import pyqtgraph
    from pyqtgraph import icons

    place = Path(pyqtgraph.__file__).parent
    found = {path for pattern in _hook("pyqtgraph")["datas"] for path in place.glob(pattern)}  # type: ignore[attr-defined]
    # Its own buttons and menus show all of them.
    shown = {path.stem for path in found if path.parent.name == "icons"}
    assert set(icons._ICON_REGISTRY) <= shown
    ours = json.loads((ROOT / "resources" / "colour_maps.json").read_text())
    for name in ours:
        assert place / "colors" / "maps" / f"{name}.csv" in found
    # The others are under a licence that asks to be told of them.
    assert not [path for path in found if path.name.startswith("CET")]
    assert [path for path in found if path.name.startswith("CC0")]


@pytest.mark.parametrize("program", ["desktop/__main__.py", "packaging/start/launch.py"])
def test_freeze_support_comes_first(program: str) -> None:
    text = (ROOT / program).read_text(encoding="utf-8")
    # Of the engine only what sets the environment comes before, without any library.
    text = text.replace("from engine.threads import wait_without_spinning", "")
    loads = ("from desktop.", "import torch ", "from engine.")
    first = min(text.index(word) for word in loads if word in text)
    assert text.index("freeze_support()\n") < first


def test_torch_comes_before_qt_on_windows() -> None:
    text = (ROOT / "desktop" / "__main__.py").read_text(encoding="utf-8")
    assert text.index("import torch") < text.index("from desktop.application")


def test_one_folder_and_spawn() -> None:
    spec = (PACKAGING / "earmark.spec").read_text(encoding="utf-8")
    assert "COLLECT(" in spec
    assert '"exclude_binaries": True' in spec
    start = (PACKAGING / "start" / "launch.py").read_text(encoding="utf-8")
    assert 'set_start_method("spawn")' in start


def test_portaudio_is_found_in_our_folder(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere sounddevice brings its own")
    (tmp_path / "libportaudio.so.2").touch()
    code = (
        f"import sys\nsys._MEIPASS = {str(tmp_path)!r}\n"
        f"exec(open({str(PACKAGING / 'start' / 'find_portaudio.py')!r}).read())\n"
        "import ctypes.util\nprint(ctypes.util.find_library('portaudio'))\n"
        "print(ctypes.util.find_library('m'))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours, usual = told.stdout.split()
    assert ours == str(tmp_path / "libportaudio.so.2")
    assert usual.startswith("libm")


def test_the_menu_entry() -> None:
    path = LINUX / "earmark.desktop"
    text = path.read_text(encoding="utf-8")
    assert "Exec=earmark-app %F\n" in text
    application = (ROOT / "desktop" / "application.py").read_text(encoding="utf-8")
    assert 'setDesktopFileName("earmark")' in application  # what the compositor looks for
    types = re.search(r"MimeType=(.*)", text)
    assert types is not None
    assert "application/x-earmark-classifier" in types[1]
    # By content, as other programs name it; endings that shared-mime-info does not know have none.
    for kind in ("basic", "x-ms-wma", "AMR", "x-gsm", "x-matroska", "x-speex+ogg", "x-m4b"):
        assert f"audio/{kind};" in types[1]
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", str(path)], check=True)


def test_windows_offers_every_sound_that_is_opened() -> None:
    text = (PACKAGING / "windows" / "earmark.nsi").read_text(encoding="utf-8")
    each = re.search(r"!macro EachSound DO\n(.*?)!macroend", text, re.DOTALL)
    assert each is not None
    assert {f".{ending}" for ending in re.findall(r'"(\w+)"', each[1])} == EXTENSIONS


def test_the_file_type_knows_a_classifier_by_its_first_bytes() -> None:
    tree = ElementTree.parse(LINUX / "earmark.xml")
    match = next(node for node in tree.iter() if node.tag.endswith("match"))
    offset, value = int(match.attrib["offset"]), match.attrib["value"].encode()
    for path in (ROOT / "resources" / "models").glob("*.safetensors"):
        with path.open("rb") as file:
            assert file.read(offset + len(value))[offset:] == value, path


def test_the_store_entry(tmp_path: Path) -> None:
    project = _load(PACKAGING / "project.py")
    path = LINUX / f"{project.APP_ID}.metainfo.xml"
    filled = tmp_path / path.name
    text = path.read_text(encoding="utf-8")
    filled.write_text(text.replace("@VERSION@", project.VERSION).replace("@DATE@", project.DATE))
    found = ElementTree.parse(filled).getroot()
    assert found.findtext("id") == project.APP_ID
    assert found.findtext("launchable") == "earmark.desktop"
    if shutil.which("appstreamcli"):
        command = ["appstreamcli", "validate", "--no-net", str(filled)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    manifest = PACKAGING / "flatpak" / f"{project.APP_ID}.yml"
    assert f"id: {project.APP_ID}\n" in manifest.read_text(encoding="utf-8")
    if shutil.which("flatpak-builder"):
        command = ["flatpak-builder", "--show-manifest", str(manifest)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert f'"id" : "{project.APP_ID}"' in shown.stdout


def test_the_oldest_macos_is_that_of_torch_wherever_it_is_said() -> None:
    """torch 2.13 has no wheel for an older one: macosx_14_0_arm64."""
    bundle = (PACKAGING / "macos" / "bundle.py").read_text(encoding="utf-8")
    assert '"LSMinimumSystemVersion": "14.0"' in bundle
    root = PACKAGING.parent
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        said = re.findall(r"macOS (\d+)", path.read_text(encoding="utf-8"))
        assert set(said) <= {"14"}, path


def test_native_libraries_are_listed_with_their_versions(tmp_path: Path) -> None:
    native = _load(PACKAGING / "native.py")
    for name, text in {
        "libsndfile_x86_64.so": b"\0libsndfile-1.2.2\0libFLAC 1.4.3\0",
        "av.libs/libdav1d-f4b27961.so.7.0.0": b"nothing",
        "libportaudio.dylib": b"PortAudio V19.7.0-devel, revision",
        "package/module.cpython-311.so": b"nothing",
        "text.txt": b"libsndfile-1.2.2",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text)
    found = {(one.name, one.version) for one in native.libraries([tmp_path])}
    assert found == {
        ("libsndfile", "1.2.2"),
        ("FLAC", "1.4.3"),
        ("libdav1d", "interface 7.0.0"),
        ("PortAudio", "19.7.0"),
    }
    import _soundfile_data  # type: ignore[import-not-found, unused-ignore]

    real = native.libraries([Path(_soundfile_data.__file__).parent])
    assert "libsndfile" in {one.name for one in real}
    assert "| libsndfile |" in native.table(real)


def test_licences_are_named_and_their_texts_are_texts() -> None:
    licences = _load(PACKAGING / "licences.py")
    for one in licences.bundled():
        assert licences.licence_of(one) not in ("OSI Approved", "see its text"), one.name
    text = licences.document()
    assert "\0" not in text
    assert "| openTSNE |" in text


def test_licences_are_told_of_what_is_bundled_and_of_nothing_else(spec: dict[str, object]) -> None:
    licences = _load(PACKAGING / "licences.py")
    told = {re.sub(r"[-_.]+", "-", one.name).lower() for one in licences.bundled()}
    modules: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            modules.setdefault(re.sub(r"[-_.]+", "-", name).lower(), set()).add(module)
    left_out = set(spec["EXCLUDED"])  # type: ignore[call-overload]
    assert {"torch", "numpy", "pyside6-essentials", "pyqtgraph", "av", "optuna", "rich"} <= told
    assert {"librosa", "numba", "llvmlite", "scipy", "scikit-learn", "opentsne"} <= told
    for name in told:
        assert not modules.get(name, {name}) <= left_out, f"{name} is not bundled"


def test_the_microphone_on_macos() -> None:
    rights = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())
    assert rights["com.apple.security.device.audio-input"] is True
    bundle = (PACKAGING / "macos" / "bundle.py").read_text(encoding="utf-8")
    assert "NSMicrophoneUsageDescription" in bundle


def test_icons_of_all_systems(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(
        [sys.executable, str(PACKAGING / "art.py"), str(tmp_path)], check=True, env=environment
    )
    sizes = {
        struct.unpack(">II", path.read_bytes()[16:24])
        for path in tmp_path.rglob("hicolor/*/apps/earmark.png")
    }
    assert {16, 32, 48, 128, 256, 512} <= {width for width, _ in sizes}
    ico = (tmp_path / "earmark.ico").read_bytes()
    count = struct.unpack("<HHH", ico[:6])[2]
    for number in range(count):
        length, place = struct.unpack("<II", ico[6 + 16 * number + 8 :][:8])
        assert ico[place : place + 4] == b"\x89PNG"
        assert place + length <= len(ico)
    icns = (tmp_path / "earmark.icns").read_bytes()
    assert struct.unpack(">4sI", icns[:8]) == (b"icns", len(icns))


def test_the_windows_installer_compiles(tmp_path: Path) -> None:
    if not shutil.which("makensis"):
        pytest.skip("makensis is not here")
    payload, art = tmp_path / "payload", tmp_path / "art"
    (payload / "_internal").mkdir(parents=True)
    art.mkdir()
    for name in ("earmark.exe", "earmark-app.exe", "_internal/base_library.zip"):
        (payload / name).write_bytes(b"stand-in")
    # The smallest icon there is: one white dot.
    dot = struct.pack("<IiiHHIIiiII", 40, 1, 2, 1, 32, 0, 8, 0, 0, 0, 0) + b"\xff" * 4 + b"\0" * 4
    head = struct.pack("<HHHBBBBHHII", 0, 1, 1, 1, 1, 0, 0, 1, 32, len(dot), 22)
    (art / "earmark.ico").write_bytes(head + dot)
    made = tmp_path / "Earmark-9.8.7-setup.exe"
    words = ["-DVERSION=9.8.7", f"-DPAYLOAD={payload}", f"-DOUTPUT={made}", f"-DART={art}"]
    script = PACKAGING / "windows" / "earmark.nsi"
    subprocess.run(["makensis", "-V1", "-WX", *words, str(script)], check=True)
    assert made.read_bytes()[:2] == b"MZ"
    # A Windows bundle holds what the script removes: no file is installed that is left behind.
    removed = script.read_text(encoding="utf-8").split('Section "un.Earmark"')[1]
    for path in payload.iterdir():
        assert f"$INSTDIR\\{path.name}" in removed


def test_shell_scripts_are_sound() -> None:
    for path in [*LINUX.glob("*.sh"), *(PACKAGING / "macos").glob("*.sh")]:
        subprocess.run(["bash", "-n", str(path)], check=True)
        assert os.access(path, os.X_OK), path


def test_sizes_know_every_component() -> None:
    sizes = _load(PACKAGING / "sizes.py")
    assert sizes.component("_internal/torch/lib/libtorch_cpu.so") == "torch: the library"
    assert sizes.component("_internal/av.libs/libx265.so") == "PyAV with FFmpeg"
    assert sizes.component("_internal/libQt6Core.so.6") == "Qt and PySide6"
    assert sizes.component("earmark-app") == "Python's modules, torch's among them"
    assert sizes.component("_internal/new/thing.so") == "others"


def test_links_lead_somewhere(spec: dict[str, object]) -> None:
    there = [("Qt/lib/libA.so.6", "/a", "BINARY"), ("x/libB.so", "/b", "BINARY")]
    good = [("libA.so.6", "Qt/lib/libA.so.6", "SYMLINK"), ("x/libB.so.1", "libB.so", "SYMLINK")]
    gone = [("libC.so.6", "Qt/lib/libC.so.6", "SYMLINK"), ("libB.so.1", "libB.so", "SYMLINK")]
    everything = [*there, *good, *gone]
    assert spec["leading_somewhere"](everything, everything) == [*there, *good]  # type: ignore[operator]
