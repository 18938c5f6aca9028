"""Models: the classifiers that there are, their cards and thresholds."""
