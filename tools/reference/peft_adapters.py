"""Writes the `peft_*` fixtures: adapters as peft saves them, and ten steps of training them further.

Each belongs to the model of `hf_gpt2_tiny` and holds

    adapter/               adapter_config.json, adapter_model.safetensors: what training begins with
    batches.safetensors    x, y i32 and lossMask f32, all [steps, batch, time]
    after.safetensors      the adapter's tensors after the last step, by peft's names
    case.json              optimizer, and per step: loss, gradNorm; `logits` of the first batch before training
"""

import copy

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from torch import Tensor
from torch.nn import functional as F

from fixtures import ROOT, deterministic, folder, save_adapter, versions, write_json, write_tensors

STEPS = 10
BATCH, TIME = 3, 10
ADAMW = {"learningRate": 1e-2, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weightDecay": 0.1}
GRAD_CLIP = 1.0
CASES = {
    "peft_lora": (501, {"r": 4, "lora_alpha": 8, "target_modules": ["c_attn", "c_fc"]}),
    "peft_rslora": (502, {"r": 4, "lora_alpha": 8, "target_modules": r".*\.(attn\.c_proj|c_fc)", "use_rslora": True}),
    "peft_dora": (503, {"r": 2, "lora_alpha": 4, "target_modules": "all-linear", "use_dora": True}),
    "peft_saved": (
        504,
        {"r": 2, "lora_alpha": 4, "target_modules": ["c_attn"], "bias": "lora_only", "modules_to_save": ["ln_f"]},
    ),
}


def make_batches(vocab: int, generator: torch.Generator) -> dict[str, Tensor]:
    tokens = torch.randint(vocab, (STEPS, BATCH, TIME + 1), generator=generator)
    length = torch.randint(3, TIME + 1, (STEPS, BATCH, 1), generator=generator)
    mask = (torch.arange(TIME) < length).float()
    # Weights of turns are not only 0 and 1.
    mask[:, 0] *= 0.5
    return {"x": tokens[..., :-1].clone(), "y": tokens[..., 1:].clone(), "lossMask": mask}


def train(model: torch.nn.Module, batches: dict[str, Tensor]) -> list[dict]:
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": ADAMW["weightDecay"]},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
    betas = (ADAMW["beta1"], ADAMW["beta2"])
    optimizer = torch.optim.AdamW(groups, lr=ADAMW["learningRate"], betas=betas, eps=ADAMW["eps"])
    records = []
    for x, y, mask in zip(*batches.values(), strict=True):
        logits = model(x).logits
        losses = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
        weights = mask.flatten().to(losses.dtype)
        loss = (losses * weights).sum() / weights.sum()
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, GRAD_CLIP).item()
        optimizer.step()
        records.append({"loss": loss.item(), "gradNorm": norm})
    return records


def write(name: str, seed: int, options: dict) -> None:
    torch.manual_seed(seed)
    path = folder(name)
    source = ROOT / "hf_gpt2_tiny" / "model"
    model = get_peft_model(
        transformers.GPT2LMHeadModel.from_pretrained(source), LoraConfig(task_type="CAUSAL_LM", **options)
    )
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            # B begins at 0, where a wrong scale or a swapped axis would go unseen.
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    save_adapter(model, path / "adapter")

    base = transformers.GPT2LMHeadModel.from_pretrained(source)
    model = PeftModel.from_pretrained(base, path / "adapter", is_trainable=True).eval()
    batches = make_batches(model.config.vocab_size, torch.Generator().manual_seed(seed))
    write_tensors(path / "batches.safetensors", batches)
    losses_float32 = [record["loss"] for record in train(copy.deepcopy(model), batches)]

    model = model.double()
    with torch.no_grad():
        logits = model(batches["x"][0]).logits
        merged = copy.deepcopy(model).merge_and_unload()(batches["x"][0]).logits
    assert (logits - merged).abs().max() < 1e-9
    records = train(model, batches)
    assert all(abs(a - b["loss"]) < 1e-5 for a, b in zip(losses_float32, records, strict=True))
    write_tensors(path / "logits.safetensors", {"logits": logits})
    write_tensors(path / "after.safetensors", get_peft_model_state_dict(model))
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/peft_adapters.py",
            "versions": versions(transformers, peft),
            "seed": seed,
            "base": "hf_gpt2_tiny/model",
            "optimizer": ADAMW,
            "gradClip": GRAD_CLIP,
            "steps": records,
            "lossesFloat32": losses_float32,
        },
    )


if __name__ == "__main__":
    deterministic()
    for case, (case_seed, case_options) in CASES.items():
        write(case, case_seed, case_options)
