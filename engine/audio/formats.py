"""The one table of sound formats: what is found, opened, offered and documented.

A file's content decides what it is; its ending decides only whether it is found in folders and
offered in dialogs. What is not in this table is opened by no library.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        name: in words.
        endings: of file names, lower case, with their dot.
        ffmpeg: FFmpeg's name of it.
        head: how a file begins that libsndfile may open; empty: none may.
    """

    name: str
    endings: tuple[str, ...]
    ffmpeg: str
    head: bytes = b""


FORMATS = (
    Format("WAV", (".wav", ".wave", ".rf64", ".bwf"), "wav", rb"(RIFF|RIFX|RF64).{4}WAVE"),
    Format("Wave64", (".w64",), "w64", rb"riff\x2e\x91\xcf\x11"),
    Format("AIFF", (".aif", ".aiff", ".aifc"), "aiff", rb"FORM.{4}AIF[FC]"),
    Format("AU", (".au", ".snd"), "au", rb"\.snd|dns\."),
    Format("CAF", (".caf",), "caf"),
    Format("NIST SPHERE", (".sph", ".nist"), "nistsphere", rb"NIST_1A"),
    Format("FLAC", (".flac",), "flac", rb"fLaC"),
    Format("Ogg", (".ogg", ".oga", ".opus", ".spx"), "ogg"),
    Format("MP3", (".mp3", ".mp2"), "mp3"),
    Format("AAC", (".aac",), "aac"),
    Format("MPEG-4", (".m4a", ".m4b", ".mp4", ".mov", ".3gp"), "mov"),
    Format("Matroska", (".mka", ".mkv", ".webm"), "matroska"),
    Format("Windows Media", (".wma",), "asf"),
    Format("AMR", (".amr",), "amr"),
    Format("GSM", (".gsm",), "gsm"),
)
EXTENSIONS = frozenset(ending for kind in FORMATS for ending in kind.endings)

# What FFmpeg may decode: sound only, and no codec that nobody records with.
_CODECS = (
    rb"aac|aac_latm|ac3|alac|amrnb|amrwb|eac3|flac|gsm|gsm_ms|mp[123](float)?|opus|speex|vorbis|"
    rb"wma(v1|v2|pro|lossless|voice)|pcm_\w+|adpcm_(g722|g726|g726le|ima_qt|ima_wav|ms|swf|yamaha)"
)


def for_libsndfile(head: bytes) -> bool:
    """Whether libsndfile may open what begins so."""
    return any(kind.head and re.match(kind.head, head, re.DOTALL) for kind in FORMATS)


def ffmpeg_may_decode(codec: str) -> bool:
    """Whether FFmpeg's decoder of this name is one of those that Earmark uses."""
    return re.fullmatch(_CODECS, codec.encode()) is not None


def name_of(ffmpeg: str) -> str:
    """The name in words of what FFmpeg calls so."""
    names = ffmpeg.split(",")
    return next((kind.name for kind in FORMATS if kind.ffmpeg in names), ffmpeg)
