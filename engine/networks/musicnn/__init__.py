"""musicnn, the music tagger, and the networks that stand on its trunk."""
