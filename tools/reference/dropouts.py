"""Writes the `dropouts` fixture: where transformers and peft drop elements in training, and at which rate.

case.json holds `cases`, each with

    name
    config       the model's config.json
    lora         peft's settings, where adapters are laid over the model
    frozen       whether the first block and the embeddings are frozen
    places       in the order of the forward pass: `module`, the path of the module that drops, `p`, and the `shape` of
                 what is dropped, for a batch of [2, 5] tokens

The calls of `torch.nn.functional.dropout` are recorded, which every dropout ends in; in evaluation the generator fails
if one of them does anything.
"""

import torch
import transformers
from peft import LoraConfig, get_peft_model
from torch.nn import functional as F

from fixtures import deterministic, folder, versions, write_json

BATCH, TIME, VOCAB, BLOCKS = 2, 5, 11, 2
GPT2 = {"n_embd": 8, "n_head": 2, "n_layer": BLOCKS, "n_positions": 8}
DECODER = {
    "hidden_size": 8,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "num_hidden_layers": BLOCKS,
    "intermediate_size": 12,
    "max_position_embeddings": 8,
    "head_dim": 4,
}
UNEQUAL = {"embd_pdrop": 0.15, "attn_pdrop": 0.25, "resid_pdrop": 0.35}
LORA = {"r": 2, "lora_dropout": 0.45}

CASES = [
    {"name": "gpt2", "kind": "gpt2", "keys": UNEQUAL},
    {"name": "gpt2, by its defaults", "kind": "gpt2", "keys": {}},
    {"name": "gpt2, embeddings only", "kind": "gpt2", "keys": UNEQUAL | {"attn_pdrop": 0.0, "resid_pdrop": 0.0}},
    {"name": "gpt2, partly frozen", "kind": "gpt2", "keys": UNEQUAL, "frozen": True},
    {"name": "gpt2, LoRA", "kind": "gpt2", "keys": UNEQUAL, "lora": LORA | {"target_modules": ["c_attn", "c_fc"]}},
    {"name": "gpt2, a classifier", "kind": "gpt2", "keys": UNEQUAL, "head": "SequenceClassification"},
    {"name": "llama", "kind": "llama", "keys": {"attention_dropout": 0.25}},
    {"name": "llama, by its defaults", "kind": "llama", "keys": {}},
    {
        "name": "llama, LoRA",
        "kind": "llama",
        "keys": {"attention_dropout": 0.25},
        "lora": LORA | {"target_modules": ["q_proj", "v_proj", "down_proj"]},
    },
    {
        "name": "llama, DoRA",
        "kind": "llama",
        "keys": {"attention_dropout": 0.25},
        "lora": LORA | {"target_modules": ["q_proj"], "use_dora": True},
    },
    {"name": "mistral", "kind": "mistral", "keys": {"attention_dropout": 0.25}},
    {"name": "qwen2", "kind": "qwen2", "keys": {"attention_dropout": 0.25}},
    {"name": "qwen3", "kind": "qwen3", "keys": {"attention_dropout": 0.25}},
    {
        "name": "qwen3, a classifier",
        "kind": "qwen3",
        "keys": {"attention_dropout": 0.25},
        "head": "SequenceClassification",
    },
]


def make_model(case: dict) -> torch.nn.Module:
    shape = GPT2 if case["kind"] == "gpt2" else DECODER
    config = transformers.AutoConfig.for_model(
        case["kind"], vocab_size=VOCAB, pad_token_id=0, bos_token_id=1, eos_token_id=2, **shape, **case["keys"]
    )
    head = getattr(transformers, f"AutoModelFor{case.get('head', 'CausalLM')}")
    model = head.from_config(config, attn_implementation="eager")
    if case.get("frozen"):
        for name, parameter in model.named_parameters():
            parameter.requires_grad = not any(part in name for part in ("wte", "wpe", "h.0."))
    return model


def own_name(path: str) -> str:
    """A module's path without what peft wraps around it."""
    return path.removeprefix("base_model.model.").replace(".base_layer", "").removesuffix(".default")


def places_of(model: torch.nn.Module) -> list[dict]:
    """Every dropout of one forward pass."""
    running: list[str] = []
    places: list[dict] = []
    original = F.dropout

    def recorded(x, p=0.5, training=True, inplace=False):
        if training and p > 0:
            places.append({"module": running[-1], "p": p, "shape": list(x.shape)})
        return original(x, p, training, inplace)

    hooks = []
    for path, module in model.named_modules():
        hooks += [
            module.register_forward_pre_hook(lambda *_, name=own_name(path): running.append(name)),
            module.register_forward_hook(lambda *_: running.pop() and None),
        ]
    F.dropout = recorded
    try:
        model(input_ids=torch.arange(BATCH * TIME).reshape(BATCH, TIME))
    finally:
        F.dropout = original
        for hook in hooks:
            hook.remove()
    return places


def write() -> None:
    written = []
    for case in CASES:
        model = make_model(case)
        architecture = type(model).__name__
        config = {
            key: value
            for key, value in model.config.to_diff_dict().items()
            if key in case["keys"] or not key.endswith(("_pdrop", "_dropout"))
        }
        if "lora" in case:
            model = get_peft_model(model, LoraConfig(**case["lora"]))
        if places_of(model.eval()):
            raise RuntimeError(f"{case['name']} drops in evaluation")
        entry = {
            "name": case["name"],
            "config": config | {"architectures": [architecture]},
            "frozen": case.get("frozen", False),
            "places": places_of(model.train()),
        }
        written.append(entry | ({"lora": case["lora"]} if "lora" in case else {}))
        print(f"{case['name']}: {len(entry['places'])} places")
    write_json(
        folder("dropouts") / "case.json",
        {
            "generator": "tools/reference/dropouts.py",
            "versions": versions(transformers),
            "batch": [BATCH, TIME],
            "cases": written,
        },
    )


if __name__ == "__main__":
    deterministic()
    write()
