"""Writes the `peft_heads` fixture: adapters that reach the embedding or the head, or choose modules in peft's other ways.

Each folder in it holds an adapter as peft saves it, `adapter/`. `case.json` has for each

    base      the fixture whose model/ it is laid over
    options   of LoraConfig
    loss      mean cross-entropy of `ids` with the adapter, as peft reads it again, in float64
    merged    that of merge_and_unload(), which peft gets wrong where it merges into a weight that is tied
"""

import shutil
import warnings

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model

from fixtures import ROOT, deterministic, folder, save_adapter, versions, write_json

GPT2, LLAMA, TIED = "hf_gpt2_tiny", "hf_decoder_llama", "hf_decoder_llama_tied_mqa"
PATTERN = r"(?i)\A(?P<stack>model\.layers\.\d+)\.(self_attn\.[QV]_proj|mlp\.(?!gate)\w+_proj)\Z"
CASES = {
    "gpt2_embedding": (GPT2, {"target_modules": ["c_attn"], "modules_to_save": ["wte"]}),
    "gpt2_embedding_ensure": (
        GPT2,
        # peft knows no `wte`, and leaves the head as it is.
        {"target_modules": ["c_attn"], "modules_to_save": ["wte"], "ensure_weight_tying": True},
    ),
    "gpt2_both_tied": (
        GPT2,
        {"target_modules": ["c_attn"], "modules_to_save": ["wte", "lm_head"], "ensure_weight_tying": True},
    ),
    "gpt2_both": (GPT2, {"target_modules": ["c_attn"], "modules_to_save": ["wte", "lm_head"]}),
    "gpt2_head": (GPT2, {"target_modules": ["c_attn"], "modules_to_save": ["lm_head"]}),
    "gpt2_head_adapted": (GPT2, {"target_modules": ["c_attn", "lm_head"]}),
    "tied_embedding": (TIED, {"target_modules": ["q_proj"], "modules_to_save": ["embed_tokens"]}),
    "tied_ensure": (
        TIED,
        {"target_modules": ["q_proj"], "modules_to_save": ["embed_tokens"], "ensure_weight_tying": True},
    ),
    "tied_head_adapted": (TIED, {"target_modules": ["q_proj", "lm_head"]}),
    "llama_head_adapted": (LLAMA, {"target_modules": r".*\.(q_proj|v_proj)|lm_head"}),
    "llama_head_dora": (LLAMA, {"target_modules": ["q_proj", "lm_head"], "use_dora": True}),
    "llama_saved": (LLAMA, {"target_modules": ["q_proj"], "modules_to_save": ["embed_tokens", "lm_head"]}),
    "llama_pattern": (LLAMA, {"target_modules": PATTERN}),
    "llama_chosen": (
        LLAMA,
        {
            "target_modules": ["q_proj", "down_proj", "nowhere"],
            "exclude_modules": r".*layers\.1\.mlp.*",
            "layers_to_transform": [1],
            "modules_to_save": ["model.norm"],
        },
    ),
    "llama_within_saved": (
        LLAMA,
        {"target_modules": ["q_proj", "up_proj"], "modules_to_save": ["layers.0.mlp"]},
    ),
    "llama_orthogonal": (LLAMA, {"target_modules": ["q_proj"], "init_lora_weights": "orthogonal", "r": 2}),
}


def load(base: str) -> torch.nn.Module:
    return transformers.AutoModelForCausalLM.from_pretrained(ROOT / base / "model").eval()


def loss_of(model: torch.nn.Module, ids: torch.Tensor) -> float:
    with torch.no_grad():
        logits = model.double()(ids).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()).item()


def write(name: str, base: str, options: dict, seed: int) -> dict:
    torch.manual_seed(seed)
    model = load(base)
    ids = torch.randint(model.config.vocab_size, (3, 12))
    # peft changes the lists that it is given.
    given = {key: list(value) if isinstance(value, list) else value for key, value in options.items()}
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **{"r": 3, "lora_alpha": 6, **given}))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn_like(parameter))
    path = folder("peft_heads") / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    save_adapter(model, path / "adapter")
    read = PeftModel.from_pretrained(load(base), path / "adapter").eval()
    loss = loss_of(read, ids)
    assert abs(loss - loss_of(model.eval(), ids)) < 1e-6, name
    assert abs(loss - loss_of(load(base), ids)) > 1e-3, name
    merged = loss_of(PeftModel.from_pretrained(load(base), path / "adapter").eval().merge_and_unload(), ids)
    return {"base": base, "options": options, "ids": ids.tolist(), "loss": loss, "merged": merged}


if __name__ == "__main__":
    deterministic()
    warnings.simplefilter("ignore")
    cases = {name: write(name, *case, 700 + i) for i, (name, case) in enumerate(CASES.items())}
    write_json(
        ROOT / "peft_heads" / "case.json",
        {"generator": "tools/reference/peft_heads.py", "versions": versions(transformers, peft), "cases": cases},
    )
