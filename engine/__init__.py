"""Earmark's engine: hears which instrument, which genre, whose music. No Qt in here."""
