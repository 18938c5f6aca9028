"""Facts about music in words: the same in the window and on the command line."""

from engine.music.facts import MusicFacts


def tempo_words(facts: MusicFacts) -> str:
    """Such as "104.0 beats per minute, 16 beats (confidence 81%; it may also be 207 or 52)"."""
    tempo = facts.tempo
    if tempo is None or not tempo.clear:
        return "no clear tempo"
    others = " or ".join(f"{bpm:.0f}" for bpm in tempo.candidates[1:])
    perhaps = f"; it may also be {others}" if others else ""
    return (
        f"{tempo.bpm:.1f} beats per minute, {len(facts.beats)} beats "
        f"(confidence {tempo.confidence:.0%}{perhaps})"
    )


def key_words(facts: MusicFacts) -> str:
    """Such as "C minor (score 0.70; next: G minor)"."""
    key = facts.key
    if key is None:
        return "no sound to tell it from"
    if not key.clear:
        return f"uncertain; {key.name} or {key.second} are nearest (score {key.score:.2f})"
    return f"{key.name} (score {key.score:.2f}; next: {key.second})"


def tuning_words(facts: MusicFacts) -> str:
    """Such as "A4 = 442.3 Hz (+9 cents)"."""
    tuning = facts.tuning
    if tuning is None or not tuning.clear:
        return "no clear pitch"
    return f"A4 = {tuning.a4_hz:.1f} Hz ({tuning.cents:+.0f} cents)"
