"""The epochs: one step after another, checkpoints, clocks and energy."""
