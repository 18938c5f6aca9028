"""An archive found again by sound: an index of embeddings, search by example, teaching by marks."""
