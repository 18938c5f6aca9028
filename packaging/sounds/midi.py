"""Just enough of the Standard MIDI File format to write the demo sounds' scores."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

TICKS = 480  # a quarter note
DRUMS = 9  # the channel that General MIDI keeps for drums


@dataclass
class Score:
    """Notes in beats; each channel plays one General MIDI program (counted from 0)."""

    beats_per_minute: float
    events: list[tuple[int, int, bytes]] = field(default_factory=list)

    def program(self, channel: int, number: int, volume: int = 100, pan: int = 64) -> None:
        setting = [bytes([0xC0 | channel, number])]
        setting += [bytes([0xB0 | channel, 7, volume]), bytes([0xB0 | channel, 10, pan])]
        self.events += [(0, 0, message) for message in setting]

    def note(self, channel: int, start: float, length: float, pitch: int, velocity: int) -> None:
        on, off = round(start * TICKS), round((start + length) * TICKS)
        self.events.append((on, 2, bytes([0x90 | channel, pitch, velocity])))
        # At one moment a note ends before the next begins.
        self.events.append((off, 1, bytes([0x80 | channel, pitch, 0])))

    def write(self, path: Path) -> None:
        tempo = round(60_000_000 / self.beats_per_minute)
        body = b"\x00\xff\x51\x03" + tempo.to_bytes(3, "big")
        now = 0
        for tick, _, message in sorted(self.events, key=lambda event: event[:2]):
            body += _variable(tick - now) + message
            now = tick
        body += b"\x00\xff\x2f\x00"
        header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS)
        path.write_bytes(header + b"MTrk" + struct.pack(">I", len(body)) + body)


def _variable(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | (number & 0x7F))
    return bytes(reversed(groups))
