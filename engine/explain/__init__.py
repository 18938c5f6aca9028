"""Explanations of predictions: which times and frequencies support a label."""
