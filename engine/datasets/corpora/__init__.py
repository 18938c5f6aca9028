"""One reader per corpus: its files and labels as a table of excerpts."""
