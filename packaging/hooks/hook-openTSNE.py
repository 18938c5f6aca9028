"""openTSNE: what its compiled parts import is told here; neighbours are found exactly."""

hiddenimports = [
    "openTSNE.quad_tree",
    "openTSNE._matrix_mul",
    "openTSNE._matrix_mul.matrix_mul",
    "openTSNE.kl_divergence",
]
excludedimports = ["openTSNE.dependencies", "openTSNE.sklearn", "pynndescent", "hnswlib", "annoy"]
