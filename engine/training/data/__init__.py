"""From the rows of a data set to windows in memory: decoding, features, caches."""
