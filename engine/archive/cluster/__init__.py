"""The same batch on many machines, by Dask: ``connection`` asks, ``task`` is what workers do."""
