"""Quantizes `model.onnx` of a folder to 8 bits, `model_quantized.onnx`, as transformers.js' `q8` is made: weights of products in
int8, activations as they come (`quantize_dynamic`).

    pip install --target /tmp/onnx onnx==1.23.1 onnxruntime==1.30.0
    PYTHONPATH=/tmp/onnx python3 tools/reference/quantize_onnx.py FOLDER/onnx

onnx and onnxruntime are for this script alone, and not among `requirements.txt`.
"""

import sys
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic


def main() -> None:
    folder = Path(sys.argv[1])
    quantize_dynamic(folder / "model.onnx", folder / "model_quantized.onnx", weight_type=QuantType.QInt8)


if __name__ == "__main__":
    main()
