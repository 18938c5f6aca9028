"""What is shown of a training after its end, beside its figures."""
