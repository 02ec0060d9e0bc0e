"""Writes the `gguf` fixture: a file that gguf-py writes, with every type of tensor and of metadata that attune writes.

    case.json    the numbers of the tensors' source, by how they are made, and the metadata
    tiny.gguf    the file

The numbers are a ramp with values that round in every direction, blocks of zeros and of tiny numbers, and signed zeros.
"""

from importlib.metadata import version

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value

from fixtures import folder, versions, write_json

TYPES = {"f32": Type.F32, "f16": Type.F16, "bf16": Type.BF16, "q8_0": Type.Q8_0}


def numbers() -> np.ndarray:
    """Eight rows of 64: they are powers of two times small integers, so that any language makes the same ones."""
    i = np.arange(512)
    values = ((i * 7919) % 1021 - 510).astype(np.float64) * 2.0 ** ((i // 64) - 12.0)
    values[64:96] = 0
    values[96] = -0.0
    values[128:160] *= 2.0**-20
    values[160:192] = [127 if k == 0 else k - 0.5 for k in range(32)]
    values[192:224] = [-127 if k == 0 else 0.5 - k for k in range(32)]
    return values.astype(np.float32).reshape(8, 64)


def main() -> None:
    out = folder("gguf")
    writer = gguf.GGUFWriter(out / "tiny.gguf", "gpt2")
    writer.add_uint32("a.u32", 4_000_000_000)
    writer.add_int32("a.i32", -7)
    writer.add_float32("a.f32", 1e-5)
    writer.add_bool("a.yes", True)
    writer.add_bool("a.no", False)
    writer.add_string("a.string", "Zürich 🐈")
    writer.add_key_value("a.strings", ["", "Ġa", "a b"], Value.ARRAY, sub_type=Value.STRING)
    writer.add_key_value("a.i32s", [1, -2, 3], Value.ARRAY, sub_type=Value.INT32)
    writer.add_key_value("a.f32s", [0.5, -1000.0], Value.ARRAY, sub_type=Value.FLOAT32)
    data = numbers()
    writer.add_tensor("vector", data[7, :5].copy())
    for name, kind in TYPES.items():
        writer.add_tensor(f"{name}.weight", gguf.quants.quantize(data, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    write_json(
        out / "case.json",
        {
            "generator": "tools/reference/gguf_files.py",
            "versions": {**versions(), "gguf": version("gguf")},
            "numbers": [float(value) for value in data.ravel()],
        },
    )


if __name__ == "__main__":
    main()
