"""The end of a training: temperature, gate and the classifier that is kept."""
