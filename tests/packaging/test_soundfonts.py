"""Which instruments of a soundfont are made of another one's samples."""

import struct
from pathlib import Path
from types import ModuleType

import pytest

KEYS, INSTRUMENT, SAMPLE = 43, 41, 53


@pytest.fixture
def soundfonts(on_path: None) -> ModuleType:
    from instrument.sounds import soundfonts

    return soundfonts


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def font(path: Path, presets: dict[tuple[int, int], list[tuple[int, int, int]]]) -> Path:
    """A soundfont whose presets, by (bank, program), sound (sample, lowest, highest key)."""
    phdr, inst, pbag, pgen, ibag, igen = (b"" for _ in range(6))
    zones = 0
    for number, ((bank, program), sounds) in enumerate(presets.items()):
        phdr += struct.pack("<20sHHHIII", b"p", program, bank, number, 0, 0, 0)
        pbag += struct.pack("<HH", number, 0)
        pgen += struct.pack("<HH", INSTRUMENT, number)
        inst += struct.pack("<20sH", b"i", zones)
        for sample, low, high in sounds:
            ibag += struct.pack("<HH", 2 * zones, 0)
            igen += struct.pack("<HHHH", KEYS, low | high << 8, SAMPLE, sample)
            zones += 1
    phdr += struct.pack("<20sHHHIII", b"EOP", 0, 0, len(presets), 0, 0, 0)
    pbag += struct.pack("<HH", len(presets), 0)
    inst += struct.pack("<20sH", b"EOI", zones)
    ibag += struct.pack("<HH", 2 * zones, 0)
    shdr = b"".join(
        struct.pack("<20sIIIIIBBHH", b"s", 1000 * k, 0, 0, 0, 0, 0, 0, 0, 0) for k in range(9)
    )
    parts = {"phdr": phdr, "pbag": pbag, "pgen": pgen, "inst": inst, "ibag": ibag, "igen": igen}
    body = b"".join(chunk(name.encode(), part) for name, part in parts.items())
    body += chunk(b"shdr", shdr)
    path.write_bytes(chunk(b"RIFF", b"sfbk" + chunk(b"LIST", b"pdta" + body)))
    return path


def test_a_viola_made_of_a_violin_is_shown(soundfonts: ModuleType, tmp_path: Path) -> None:
    made = font(
        tmp_path / "small.sf2",
        {
            (0, 40): [(1, 0, 72), (2, 73, 127)],
            (0, 41): [(1, 0, 127)],
            (0, 42): [(3, 0, 127)],
            (16, 25): [(4, 0, 127)],
        },
    )
    lines = list(soundfonts.shared(made))
    # Violin: notes 55 to 72 of its range of 55 to 98.
    assert lines == [
        "small.sf2 (0, 40) violin: 18 of 44 keys with viola",
        "small.sf2 (0, 41) viola: 39 of 39 keys with violin",
    ]
    assert set(soundfonts.programs(made)) == {(0, 40), (0, 41), (0, 42), (16, 25)}


def test_what_is_no_soundfont_is_said_so(soundfonts: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "odd.sf2").write_bytes(b"RIFF" + bytes(60))
    with pytest.raises(SystemExit, match="no soundfont"):
        soundfonts.programs(tmp_path / "odd.sf2")
