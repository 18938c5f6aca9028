"""Sounds: gather, cut and label sounds for classes of one's own."""
