"""Sweeps: one recipe trained with many settings."""
