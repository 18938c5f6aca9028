"""From sound to words: classifiers on a stream, probabilities over time, decisions."""
