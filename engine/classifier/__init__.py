"""A classifier: feature, network, labels, calibration and card in one file."""
