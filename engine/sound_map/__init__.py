"""The map of sounds: embeddings, and where each sound lies in the plane."""
