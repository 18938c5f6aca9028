"""Values of dimensions: curves over time, and two of them as a plane."""
