"""What is said: names that hold, the large answer, the log, the kind of sound, a sentence."""
