"""Sound in and out: files, resampling, microphone, playback. Needs numpy, never torch."""
