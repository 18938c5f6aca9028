"""What stands over one time axis, drawn by pyqtgraph: waveform, spectrogram, lanes, axis, minimap."""
