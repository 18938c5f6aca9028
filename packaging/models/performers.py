"""Whose music, whose voice: compares embeddings on real artists, singers and speakers.

    python packaging/models/run.py performers SHARED CACHE [SPEAKER_NETWORK]

SHARED holds emotify/, ravdess/ and fsdd/. SPEAKER_NETWORK is Resemblyzer's package, unpacked
(PyPI, version 0.1.4, Apache-2.0): a network trained to tell speakers, for comparison. CACHE keeps
what was heard. Four tasks, each judged on what is left out:

- performers: artists of emotify with several albums; an album of each is left out in turn;
- singers: RAVDESS, one of the two sentences left out in turn;
- speakers who sing: RAVDESS, learned from speech, judged by song;
- speakers: FSDD, learned from the digits 5 to 9, judged by 0 to 4.

Logistic regressions on 3-s excerpts. Prints, in percent, the mean over the people of their
recordings that are recognised (all excerpts of a recording together): as they are, and of
performers worn, too (test recordings through a room and a noisy microphone, the others not).
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from engine.audio import read
from engine.classifier.catalog import Catalog
from engine.networks.musicnn.levelled import levelled
from gate_sounds import worn

RATE = 16000
_LEAST_TRACKS = 4
_STRENGTHS = {"speaker network": 1.0}  # of the regression; its 256 numbers vary little
_STRENGTH = 0.01
Samples = NDArray[np.float32]
_MUSIC = 1506  # numbers of one musicnn network
_PARTS = ("plain", "levelled", "mobile", "speaker")
LENGTH = 48128  # 3 s
_MOST_EXCERPTS = 2


@dataclass(frozen=True)
class Recording:
    """A sound, whose it is, and the part that it is left out with; -1: only learned from."""

    path: Path
    label: str
    part: int


def performers(shared: Path) -> Iterator[Recording]:
    """Tracks of artists with at least two albums and four tracks."""
    with (shared / "emotify" / "tracks.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    albums: dict[str, list[str]] = {}
    for row in rows:
        albums.setdefault(row["artist"], []).append(row["album"])
    for row in rows:
        mine = albums[row["artist"]]
        several = len(set(mine)) > 1 and len(mine) >= _LEAST_TRACKS
        if several and not row["artist"].startswith(("Magnatune", "DJ Cary")):  # compilations
            part = sorted(set(mine)).index(row["album"])
            prefix = row["file_prefix"].zfill(3)
            (path,) = (shared / "emotify" / row["genre"]).glob(f"{prefix}__*")
            yield Recording(path, row["artist"], part)


def singers(shared: Path) -> Iterator[Recording]:
    for path in sorted((shared / "ravdess" / "song").iterdir())[::2]:
        yield Recording(path, path.name[:7], int("statement02" in path.name))


def speakers_who_sing(shared: Path) -> Iterator[Recording]:
    sung = sorted((shared / "ravdess" / "song").iterdir())[::2]
    people = {path.name[:7] for path in sung}
    for path in sorted((shared / "ravdess" / "speech").iterdir()):
        if path.name[:7] in people:
            yield Recording(path, path.name[:7], -1)
    yield from (Recording(path, path.name[:7], 0) for path in sung)


def speakers(shared: Path) -> Iterator[Recording]:
    for path in sorted((shared / "fsdd" / "recordings").glob("*.wav")):
        digit, speaker, take = path.stem.split("_")
        if int(take) < 4:
            yield Recording(path, speaker, 0 if int(digit) < 5 else -1)


# Of each task: the corpus, and its recordings.
TASKS = {
    "performers": ("emotify", performers),
    "singers": ("ravdess", singers),
    "speakers who sing": ("ravdess", speakers_who_sing),
    "speakers": ("fsdd", speakers),
}


def excerpts(sound: Samples) -> list[Samples]:
    """At most two of 3 s, one after the other; a short sound is repeated."""
    if len(sound) < LENGTH:
        return [np.resize(sound, LENGTH).astype(np.float32)]
    starts = range(0, len(sound) - LENGTH + 1, LENGTH)
    return [sound[start : start + LENGTH] for start in starts][:_MOST_EXCERPTS]


class SpeakerNetwork(nn.Module):
    """Resemblyzer's network (after Wan and others, 2018), from its package's weights."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.lstm = nn.LSTM(40, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)
        kept = torch.load(folder / "resemblyzer" / "pretrained.pt", "cpu", weights_only=True)
        self.load_state_dict(kept["model_state"], strict=False)

    @torch.inference_mode()
    def hear(self, sound: Samples) -> NDArray[np.float32]:
        """Shape (256,): the mean of its windows of 1.6 s, half overlapping."""
        level = np.sqrt(np.square(sound).mean()) + 1e-9
        loud = sound * max(1.0, 10 ** (-30 / 20) / level)
        mels = librosa.feature.melspectrogram(y=loud, sr=RATE, n_fft=400, hop_length=160, n_mels=40)
        windows = torch.from_numpy(mels.T.astype(np.float32)).unfold(0, 160, 80).transpose(1, 2)
        _, (hidden, _) = self.lstm(windows)
        heard = torch.relu(self.linear(hidden[-1]))
        heard = heard / heard.norm(dim=1, keepdim=True).clamp(min=1e-9)
        mean = heard.mean(0)
        return np.asarray((mean / mean.norm().clamp(min=1e-9)).numpy())


@torch.inference_mode()
def listened(
    sounds: list[Samples], speaker: SpeakerNetwork | None
) -> dict[str, NDArray[np.float32]]:
    """Each embedding of excerpts of 3 s, shape (excerpts, size)."""
    genre, instrument = (Catalog().load(name).eval() for name in ("genre", "instrument"))
    trunks, mobile = genre.network.trunks, instrument.network.trunks[-1]
    found: dict[str, list[NDArray[np.float32]]] = {}
    for sound in sounds:
        wave = torch.from_numpy(np.ascontiguousarray(sound))
        features = genre.feature(wave[None])
        plain, level = (
            torch.cat([trunk(some) for trunk in trunks], dim=1)
            for some in (features, levelled(features))
        )
        seconds = wave[: 3 * RATE].reshape(3, RATE)
        own = mobile(instrument.feature(seconds)).mean(0, keepdim=True)
        heard = {"plain": plain, "levelled": level, "mobile": own}
        for name, values in heard.items():
            found.setdefault(name, []).append(values.numpy()[0])
        if speaker is not None:
            found.setdefault("speaker", []).append(speaker.hear(sound))
    return {name: np.stack(rows).astype(np.float16) for name, rows in found.items()}


def heard(
    kept: Path, paths: list[Path], speaker: SpeakerNetwork | None, *, worn_too: bool
) -> dict[str, NDArray[np.generic]]:
    """Embeddings of excerpts of sounds, as they are and worn, and which sound each is of."""
    if not kept.exists():
        rng = np.random.default_rng(3)
        cut, far, owners = list[Samples](), list[Samples](), list[int]()
        for number, path in enumerate(paths):
            sound = np.asarray(read(path, mono=True, rate_hz=RATE).samples[0])
            pieces = excerpts(sound)
            cut += pieces
            far += excerpts(worn(sound, rng)) if worn_too else []
            owners += [number] * len(pieces)
        both = {"": listened(cut, speaker)}
        if far:
            both["worn "] = listened(far, speaker)
        arrays = {f"{how}{n}": x for how, some in both.items() for n, x in some.items()}
        partial = kept.with_suffix(".partial.npz")
        names = np.asarray([str(path) for path in paths])
        np.savez(partial, owners=np.asarray(owners), names=names, **arrays)  # type: ignore[arg-type]
        partial.rename(kept)
    return dict(np.load(kept))


JOINED = {
    "musicnn, MagnaTagATune": ("first",),
    "musicnn, Million Song Dataset": ("second",),
    "two musicnn": ("plain",),
    "two musicnn, levelled": ("levelled",),
    "`instrument`'s mobile network": ("mobile",),
    "two musicnn and the mobile network": ("plain", "mobile"),
    "levelled and mobile": ("levelled", "mobile"),
    "speaker network": ("speaker",),
    "two musicnn and the speaker network": ("plain", "speaker"),
}


def joined(
    found: dict[str, NDArray[np.generic]], how: str, rows: NDArray[np.bool_]
) -> dict[str, NDArray[np.float32]]:
    """The embeddings that are compared, by name."""
    one = {
        part: found[how + part][rows].astype(np.float32) for part in _PARTS if how + part in found
    }
    one["first"], one["second"] = one["plain"][:, :_MUSIC], one["plain"][:, _MUSIC:]
    return {
        name: np.concatenate([one[part] for part in parts], axis=1)
        for name, parts in JOINED.items()
        if all(part in one for part in parts)
    }


def right(
    learned: NDArray[np.float32],
    judged: NDArray[np.float32],
    recordings: list[Recording],
    owners: NDArray[np.int64],
    strength: float,
) -> dict[str, float]:
    """Share of the recordings of each person that are recognised where they are left out."""
    labels = np.asarray([recording.label for recording in recordings])
    parts = np.asarray([recording.part for recording in recordings])[owners]
    hits: dict[str, list[bool]] = {}
    for part in np.unique(parts[parts >= 0]):
        out = parts == part
        scale = StandardScaler().fit(learned[~out])
        model = LogisticRegression(C=strength, max_iter=400, class_weight="balanced")
        model.fit(scale.transform(learned[~out]), labels[owners[~out]])
        said = model.predict_log_proba(scale.transform(judged[out]))
        for number in np.unique(owners[out]):
            best = model.classes_[said[owners[out] == number].sum(0).argmax()]
            hits.setdefault(labels[number], []).append(best == labels[number])
    return {label: float(np.mean(some)) for label, some in hits.items()}


def main() -> None:
    torch.set_num_threads(1)
    shared, cache = Path(sys.argv[1]), Path(sys.argv[2])
    cache.mkdir(parents=True, exist_ok=True)
    speaker = SpeakerNetwork(Path(sys.argv[3])).eval() if len(sys.argv) > 3 else None
    for task, (corpus, give) in TASKS.items():
        recordings = list(give(shared))
        paths = sorted(
            {one.path for _, (c, g) in TASKS.items() if c == corpus for one in g(shared)}
        )
        kept = cache / f"performers-{corpus}.npz"
        found = heard(kept, paths, speaker, worn_too=task == "performers")
        place = {path: number for number, path in enumerate(paths)}
        rows, owners = [], []
        for number, recording in enumerate(recordings):
            mine = np.flatnonzero(found["owners"] == place[recording.path]).tolist()
            rows += mine
            owners += [number] * len(mine)
        people = {recording.label for recording in recordings}
        sys.stdout.write(f"{task}: {len(people)} people, {len(recordings)} recordings\n")
        chosen, owned = np.asarray(rows), np.asarray(owners)
        plain, far = (joined(found, how, chosen) for how in ("", "worn "))
        for name, learned in plain.items():
            strength = _STRENGTHS.get(name, _STRENGTH)
            for how, judged in (("", learned), ("worn", far.get(name))):
                if judged is not None:
                    shares = right(learned, judged, recordings, owned, strength)
                    mean = 100 * np.mean(list(shares.values()))
                    words = (f"{who} {100 * share:.0f}" for who, share in shares.items())
                    sys.stdout.write(f"  {name}: {how} {mean:.1f} ({', '.join(words)})\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
