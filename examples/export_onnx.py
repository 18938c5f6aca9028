"""Writes a classifier as ONNX, for programs that have no torch; needs the extra `export`.

python examples/export_onnx.py CLASSIFIER FILE.onnx
"""

import sys
from pathlib import Path

from engine import Catalog
from engine.classifier.onnx import export_onnx


def main(name: str, path: str) -> None:
    """Write the file; it was run by onnxruntime and compared before this returns."""
    difference = export_onnx(Catalog().load(name), Path(path))
    print(f"{path}: largest difference from torch {difference:.1g}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
