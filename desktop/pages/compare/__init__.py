"""Compare: runs side by side, sweeps, and what their figures say."""
