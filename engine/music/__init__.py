"""Facts about the music in a file: tempo and beats, key, tuning."""
