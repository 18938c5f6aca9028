"""numba, what compiles for the processor: the usual hook counts on what numba.cuda brings along."""

excludedimports = ["IPython", "scipy"]  # of its tests and its own linear algebra
hiddenimports = [
    "llvmlite",
    "numba._devicearray",  # imported by numba's compiled part, even without a GPU
    "numba.cloudpickle.cloudpickle_fast",
]
