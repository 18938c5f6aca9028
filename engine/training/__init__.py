"""Training: windows from data sets, the training loop, run folders, sweeps."""
