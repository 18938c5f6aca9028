"""numba, what compiles for the processor: the usual hook counts on what numba.cuda brings along."""

hiddenimports = [
    "llvmlite",
    "numba._devicearray",  # imported by compiled code
    "numba.cloudpickle.cloudpickle_fast",
]
