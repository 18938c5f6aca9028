"""Recognition: classifiers on a stream, probabilities over time, decisions."""
