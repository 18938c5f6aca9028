"""Decoders of sound files: libsndfile for what is stored as it is and FLAC, FFmpeg for the rest."""
