"""Augmentation: what changes a window from one epoch to the next."""
