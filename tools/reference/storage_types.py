"""Writes the `storage_types` fixture: PyTorch's bfloat16 and float16, and training on frozen weights that are held in them.

    case.json    `conversions`: hashes of all elements as float32, and of float32 rounded to them; `runs`: the loss and the norm
                 of the gradient at each step of fine-tuning `finetune_llama` with its frozen matrices rounded, computed in
                 float64

Hashes are SHA-256 of little-endian bits. NaNs are left out: their payload is free.
"""

import hashlib

import numpy as np
import peft
import torch
import transformers
from peft import PeftModel

from finetuning import FROZEN, encode, make_rows, train
from fixtures import ROOT, deterministic, folder, versions, write_json

DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16}
SOURCE = ROOT / "finetune_llama"


def digest(bits: np.ndarray) -> str:
    return hashlib.sha256(bits.tobytes()).hexdigest()


def widened(dtype: torch.dtype) -> str:
    """Every element that is no NaN, in the order of its bits, as the bits of a float32."""
    elements = torch.from_numpy(np.arange(1 << 16, dtype=np.uint16).view(np.int16)).view(dtype)
    wide = elements.float()
    return digest(wide[~wide.isnan()].numpy().view("<u4"))


def to_round() -> np.ndarray:
    """Bits of float32: the middle between any two bfloat16 and any two float16 numbers, what is beside it, and others."""
    bf16 = (np.arange(1 << 16, dtype=np.uint64) << 16) + 0x8000
    f16 = 0x33000000 + (np.arange(0x15000, dtype=np.uint64) << 12)
    middles = np.concatenate([bf16, f16, f16 | 0x80000000])
    others = np.arange(1 << 16, dtype=np.uint64) * 0x9E3779B1
    bits = np.concatenate([middles - 1, middles, middles + 1, others]) & 0xFFFFFFFF
    bits = bits.astype("<u4")
    return bits[~np.isnan(bits.view("<f4"))]


def rounded(dtype: torch.dtype) -> str:
    narrow = torch.from_numpy(to_round().view("<f4").copy()).to(dtype)
    return digest(narrow.view(torch.int16).numpy().view("<u2"))


def narrow_frozen(model: torch.nn.Module, dtype: torch.dtype) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            if not parameter.requires_grad and parameter.dim() >= 2:
                parameter.copy_(parameter.to(dtype))


def run(method: str, dtype: torch.dtype) -> dict[str, list[float]]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(SOURCE / "model")
    model = transformers.LlamaForCausalLM.from_pretrained(SOURCE / "model")
    if method == "lora":
        model = PeftModel.from_pretrained(model, SOURCE / "adapter", is_trainable=True)
    else:
        for name, parameter in model.named_parameters():
            parameter.requires_grad = not name.startswith(FROZEN)
    narrow_frozen(model, dtype)
    norms: list[float] = []
    rows = [encode(tokenizer, row) for row in make_rows()]
    losses = train(model.double(), rows, tokenizer.pad_token_id, norms)
    return {"losses": losses, "gradNorms": norms}


def main() -> None:
    conversions = {name: {"widened": widened(dtype), "rounded": rounded(dtype)} for name, dtype in DTYPES.items()}
    runs = {f"{method} {name}": run(method, dtype) for method in ("lora", "freeze") for name, dtype in DTYPES.items()}
    write_json(
        folder("storage_types") / "case.json",
        {
            "generator": "tools/reference/storage_types.py",
            "versions": versions(transformers, peft),
            "conversions": conversions,
            "runs": runs,
        },
    )


if __name__ == "__main__":
    deterministic()
    main()
