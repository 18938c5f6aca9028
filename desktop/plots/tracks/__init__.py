"""What stands over one time axis, by pyqtgraph: waveform, spectrogram, lanes, minimap."""
