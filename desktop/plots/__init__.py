"""Every plot of the window, drawn by pyqtgraph; arrays and plain values in, no engine."""
