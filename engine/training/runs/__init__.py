"""Run folders: written, listed, reported and compared."""
