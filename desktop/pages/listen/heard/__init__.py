"""Detected labels afterwards: their log, their sound once more, files of it, and their menus."""
