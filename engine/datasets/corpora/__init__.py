"""One reader a corpus: its files and labels as a table of excerpts."""
