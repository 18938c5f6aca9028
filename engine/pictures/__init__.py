"""Waveform and spectrogram as arrays, from one column to a whole file."""
