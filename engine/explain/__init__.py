"""Why an answer came out: which times and frequencies led to it."""
