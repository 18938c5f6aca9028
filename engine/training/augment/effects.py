"""Changes of sound by given amounts: what augmentation draws, done to a batch at once.

Waveforms are float32, shape (batch, samples), full scale [-1, 1]; every other argument has a value
for each row. Length and shape are kept, and silence stays silent. Nothing is clipped.
"""

import math

import torch
import torch.nn.functional as functional
from torch import Tensor

_AT_ONCE = 1 << 20  # samples whose spectra are in memory at a time
_TAPS = 8  # samples on each side that interpolation looks at
_FINE_BITS = 20  # positions between samples are multiples of 2 ** -20
_ONSET = 3.0  # times as loud as a hop ago: a sound begins
_LOWEST_HZ = 20.0
_SILENT_POWER = 1e-10  # -100 dBFS
_SHORTEST_DECAY_SECONDS = 1e-3


def amplify(waveforms: Tensor, gains_db: Tensor) -> Tensor:
    """Louder or quieter: gains in dB, shape (batch,)."""
    return waveforms * torch.exp(gains_db * (math.log(10.0) / 20.0))[:, None]


def roll(waveforms: Tensor, steps: Tensor) -> Tensor:
    """Later by so many samples, int64, shape (batch,); what leaves at one end enters at the other.

    Negative: earlier.
    """
    samples = waveforms.shape[1]
    places = torch.arange(samples, device=waveforms.device) - steps[:, None]
    return waveforms.gather(1, places.remainder(samples))


def vocoder_frame(rate_hz: int) -> int:
    """Samples of a vocoder's frame: the power of two that is nearest to 90 ms."""
    return 1 << max(4, round(math.log2(0.09 * rate_hz)))


def stretch(waveforms: Tensor, speeds: Tensor, frame: int) -> Tensor:
    """Faster or slower at the same pitch.

    Args:
        waveforms: shape (batch, samples).
        speeds: shape (batch,), above 0; over 1 is faster: then silence fills the end. Slower sound
            loses its end.
        frame: samples of a frame, see :func:`vocoder_frame`.
    """
    return shift_pitch_and_speed(waveforms, torch.ones_like(speeds), speeds, frame)


def shift_pitch(waveforms: Tensor, ratios: Tensor, frame: int) -> Tensor:
    """Every frequency times ``ratios``, shape (batch,), at the same speed."""
    return shift_pitch_and_speed(waveforms, ratios, torch.ones_like(ratios), frame)


def shift_pitch_and_speed(waveforms: Tensor, ratios: Tensor, speeds: Tensor, frame: int) -> Tensor:
    """Both in one pass: stretched by a phase vocoder, then read ``ratios`` times as fast.

    Args:
        waveforms: shape (batch, samples).
        ratios: by which frequencies are multiplied, shape (batch,), above 0.
        speeds: as in :func:`stretch`.
        frame: samples of a frame, see :func:`vocoder_frame`.
    """
    samples = waveforms.shape[1]
    if waveforms.numel() == 0:
        return waveforms
    rows = max(1, _AT_ONCE // samples)
    parts = zip(*(torch.split(of, rows) for of in (waveforms, ratios, speeds)), strict=True)
    out = []
    for sound, ratio, speed in parts:
        length = math.ceil(samples * float(ratio.max())) + 2 * _TAPS
        stretched = _vocoded(sound, speed / ratio, ratio, length, frame)
        pitched = bool((ratio != 1).any())
        out.append(_read(stretched, ratio, samples) if pitched else stretched[:, :samples])
    return torch.cat(out)


def _vocoded(waveforms: Tensor, rates: Tensor, ratios: Tensor, length: int, frame: int) -> Tensor:
    """Phase vocoder: frames taken ``rates`` hops apart and put one hop apart, (batch, length).

    After Laroche & Dolson, "Improved phase vocoder time-scale modification of audio" (1999), with
    identity phase locking: bins turn with the peak they belong to, by what makes the peak go on
    from the frame before as it does in the input. Where a sound begins, the input's own phases are
    taken, which keeps attacks sharp; after Röbel (2003), but bin by bin.
    """
    hop, samples = frame // 4, waveforms.shape[1]
    # A frame's length to spare, so that the end does not depend on where synthesis stops.
    count = 1 + -(-(length + frame) // hop)
    steps = torch.arange(0, count * hop, hop, device=waveforms.device)
    # From the last place on, a frame sees nothing but the silence behind the end.
    places = (steps * rates[:, None]).round().long().clamp(max=samples + frame // 2)
    padded = functional.pad(waveforms, (frame // 2 + hop, frame))
    window = torch.hann_window(frame, device=waveforms.device, dtype=waveforms.dtype)
    now, before = (_spectra(padded, at, window) for at in (places + hop, places))
    magnitude = now.abs()
    turns = _turns(
        (now[:, :-1] * before[:, 1:].conj()).angle(),
        magnitude[:, 1:] < _ONSET * before[:, 1:].abs(),
        _nearest_peaks(magnitude[:, 1:]),
    )
    # What goes beyond half the rate when read faster would come back as an alias.
    bins = torch.arange(magnitude.shape[2], device=waveforms.device)
    heard = (bins * ratios[:, None] <= frame // 2).to(waveforms.dtype)[:, None]
    turned = (now * torch.polar(heard.expand_as(turns), turns)).transpose(1, 2)
    return torch.istft(turned, frame, hop, window=window, length=length)


def _spectra(padded: Tensor, starts: Tensor, window: Tensor) -> Tensor:
    """Spectra of the frames that begin there: complex64, shape (batch, frames, bins)."""
    row = torch.arange(len(padded), device=padded.device)[:, None]
    spectra: Tensor = torch.fft.rfft(padded.unfold(1, len(window), 1)[row, starts] * window)
    return spectra


def _nearest_peaks(magnitude: Tensor) -> Tensor:
    """For each bin the nearest that is loudest of the five around it: int64, same shape."""
    bins = magnitude.shape[2]
    index = torch.arange(bins, device=magnitude.device).expand_as(magnitude)
    peak = magnitude >= functional.max_pool1d(magnitude, 5, stride=1, padding=2)
    # Twice the bins away is farther than any: the first and last bins have peaks on one side only.
    left = torch.where(peak, index, -2 * bins).cummax(2).values
    right = torch.where(peak, index, 3 * bins).flip(2).cummin(2).values.flip(2)
    return torch.where(index - left <= right - index, left, right)


def _turns(change: Tensor, lasting: Tensor, peaks: Tensor) -> Tensor:
    """By how many radians each bin of each frame is turned, frame after frame.

    Args:
        change: turn of each bin that joins it to the frame before, shape (batch, frames - 1, bins).
        lasting: false where a sound begins, same shape.
        peaks: the bin whose turn each bin takes, same shape.

    Returns:
        Shape (batch, frames, bins); the first frame's are 0.
    """
    turn = torch.zeros_like(change[:, 0])
    turns = [turn]
    for step in range(change.shape[1]):
        own = (turn + change[:, step]) * lasting[:, step]
        turn = own.gather(1, peaks[:, step])
        turns.append(turn)
    return torch.stack(turns, 1)


def _read(waveforms: Tensor, ratios: Tensor, samples: int) -> Tensor:
    """Row i at places ``0, ratios[i], 2 * ratios[i], ...``: shape (batch, samples).

    Band-limited interpolation with a Hann-windowed sinc, after Smith & Gossett (1984).
    """
    fine = 1 << _FINE_BITS
    # As integers: float32 would be wrong by a hundredth of a sample after a few seconds.
    steps = (ratios * fine).round().long()[:, None]
    places = torch.arange(samples, device=waveforms.device) * steps
    whole = places >> _FINE_BITS
    part = (places & (fine - 1)).to(waveforms.dtype) / fine
    padded = functional.pad(waveforms, (_TAPS - 1, _TAPS))
    reach = padded.shape[1] - 2 * _TAPS + 1
    out = torch.zeros_like(part)
    for tap in range(2 * _TAPS):
        away = part - (tap - _TAPS + 1)
        weight = torch.sinc(away) * torch.cos(away * (math.pi / (2 * _TAPS))).square()
        out += weight * padded[:, tap : tap + reach].gather(1, whole)
    return out


def add_noise(waveforms: Tensor, noise: Tensor, snr_db: Tensor) -> Tensor:
    """Add noise, shape (batch, samples), so loud that the SNR over the window is as given.

    Nothing is added to a silent window, nor where the noise is silent (below -100 dBFS).

    Args:
        waveforms: shape (batch, samples).
        noise: of any level.
        snr_db: power of the sound over that of the noise in dB, shape (batch,).
    """
    sound = waveforms.square().mean(1)
    power = noise.square().mean(1)
    heard = (power > _SILENT_POWER) & (sound > _SILENT_POWER)
    share = sound / power.clamp_min(_SILENT_POWER)
    scale = share.sqrt() * torch.exp(snr_db * (-math.log(10.0) / 20.0))
    return waveforms + torch.where(heard, scale, 0.0)[:, None] * noise


def colour(white: Tensor, slopes: Tensor, rate_hz: int) -> Tensor:
    """Noise whose power falls as ``frequency ** -slope``: 0 white, 1 pink, 2 brown.

    Below 20 Hz there is none: unheard, it would be most of the power of brown noise.

    Args:
        white: white noise, shape (batch, samples).
        slopes: shape (batch,).
        rate_hz: sample rate.
    """
    samples = white.shape[1]
    size = fast_length(samples)
    spectrum = torch.fft.rfft(white, size)
    hz = torch.arange(spectrum.shape[1], device=white.device) * (rate_hz / size)
    falling = torch.exp(-0.5 * slopes[:, None] * hz.clamp_min(_LOWEST_HZ).log())
    shaped = torch.fft.irfft(spectrum * (falling * (hz >= _LOWEST_HZ)), size)[:, :samples]
    # Near full scale whatever the slope, so that none counts as silent.
    level = shaped.square().mean(1, keepdim=True).sqrt()
    return torch.div(shaped, level.clamp_min(1e-12))


def room_tails(white: Tensor, seconds: Tensor, rate_hz: int) -> Tensor:
    """What a room adds to a click: noise that decays by 60 dB in so many seconds.

    After Moorer, "About this reverberation business" (1979).

    Args:
        white: white noise, shape (batch, taps).
        seconds: decay times (RT60), shape (batch,).
        rate_hz: sample rate.

    Returns:
        Impulse responses of energy 1, shape (batch, taps); the first tap, the direct sound's, is 0.
    """
    decay = math.log(1000.0) / (seconds.clamp_min(_SHORTEST_DECAY_SECONDS) * rate_hz)
    time = torch.arange(white.shape[1], device=white.device)
    tails = white * torch.exp(-decay[:, None] * time) * (time > 0)
    return tails / tails.square().sum(1, keepdim=True).sqrt().clamp_min(1e-12)


def reverberate(waveforms: Tensor, tails: Tensor, wet: Tensor) -> Tensor:
    """The sound as it is, and in addition what the room gives back of it.

    Args:
        waveforms: shape (batch, samples).
        tails: as :func:`room_tails` gives them, shape (batch, taps).
        wet: amplitude of the room over that of the direct sound, shape (batch,). The sum is scaled
            so that noise keeps its level.
    """
    samples = waveforms.shape[1]
    size = fast_length(samples + tails.shape[1] - 1)
    both = torch.fft.rfft(waveforms, size) * torch.fft.rfft(tails, size)
    echo = torch.fft.irfft(both, size)[:, :samples]
    wet = wet[:, None]
    return torch.div(waveforms + wet * echo, (1.0 + wet.square()).sqrt())


def stripes(starts: Tensor, widths: Tensor, size: int) -> Tensor:
    """Where stripes of bands or frames lie: bool, shape (stripes, size); true inside.

    Args:
        starts: first band or frame of each, shape (stripes,).
        widths: bands or frames of each, shape (stripes,).
        size: how many bands or frames there are.
    """
    places = torch.arange(size, device=starts.device)
    return (places >= starts[:, None]) & (places < (starts + widths)[:, None])


def fast_length(samples: int) -> int:
    """The next length whose Fourier transform is fast: a power of two times 1, 3, 5, 9 or 15."""
    smallest = (max(1, math.ceil(samples / odd)) for odd in (1, 3, 5, 9, 15))
    return min(
        odd << (count - 1).bit_length()
        for odd, count in zip((1, 3, 5, 9, 15), smallest, strict=True)
    )
