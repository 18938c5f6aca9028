"""What a user corrected: a small head over a classifier, which itself never changes."""
