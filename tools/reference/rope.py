"""Writes the `rope` fixture: transformers' rotary frequencies and tables.

`case.json` lists, for each case, `width` and `rope` as `@attune/nn` takes them, and the positions of the tables.
`tensors.safetensors` has `<case>.frequencies` [width / 2] and `<case>.cos`, `<case>.sin` [positions, width / 2].
"""

import torch
import transformers
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from decoders import ROPE_KEYS
from fixtures import deterministic, folder, versions, write_json, write_tensors

POSITIONS = [0, 1, 7, 100, 1023, 4095]
LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
OLDER = {"mscale": 1.0, "mscale_all_dim": 0.8, "beta_fast": 16, "truncate": False}
KEYS = ROPE_KEYS | {"mscale": "mscale", "mscale_all_dim": "mscaleAllDim", "truncate": "truncate"}

# Name, width of a head, theta, type, and what the type takes.
CASES = [
    ("llama2", 128, 1e4, "default", {}),
    ("smollm2", 64, 1e5, "default", {}),
    ("qwen3", 128, 1e6, "default", {}),
    ("linear", 64, 1e4, "linear", {"factor": 3.0}),
    ("llama31_8b", 128, 5e5, "llama3", {"factor": 8.0, **LLAMA3}),
    ("llama32_1b", 64, 5e5, "llama3", {"factor": 32.0, **LLAMA3}),
    ("qwen25_yarn", 128, 1e6, "yarn", {"factor": 4.0, "original_max_position_embeddings": 32768}),
    ("yarn_mscale", 64, 1e4, "yarn", {"factor": 32.0, "original_max_position_embeddings": 4096, **OLDER}),
]


def main() -> None:
    tensors, listed = {}, []
    for name, width, theta, kind, options in CASES:
        config = transformers.LlamaConfig(
            hidden_size=2 * width,
            num_attention_heads=2,
            max_position_embeddings=131072,
            rope_parameters={"rope_type": kind, "rope_theta": theta, **options},
        )
        rotary = LlamaRotaryEmbedding(config)
        cos, sin = rotary(torch.zeros(1), torch.tensor([POSITIONS]))
        # The two halves are the same.
        tensors[f"{name}.frequencies"] = rotary.inv_freq
        tensors[f"{name}.cos"], tensors[f"{name}.sin"] = (table[0, :, : width // 2] for table in (cos, sin))
        scaling = {"type": kind, **{KEYS[key]: value for key, value in options.items()}}
        listed.append({"name": name, "width": width, "rope": {"theta": theta, "scaling": scaling}})
    path = folder("rope")
    write_tensors(path / "tensors.safetensors", tensors)
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/rope.py",
            "versions": versions(transformers),
            "positions": POSITIONS,
            "cases": listed,
        },
    )
    print(f"{path.name}: {len(listed)} cases")


if __name__ == "__main__":
    deterministic()
    main()
