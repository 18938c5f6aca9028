"""Sweeps: one recipe trained with many settings, one process each."""
