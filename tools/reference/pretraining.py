"""Writes the `pretraining` fixture: what transformers and PyTorch compute from the weights that attune begins with.

    node initial_weights.js FOLDER && python pretraining.py FOLDER

`case.json` holds `tokens`, which the steps go through in sequence; and for each family

    steps        loss and gradNorm of each step, in float64, before the update
    initial      name: mean and standard deviation of each tensor of two or more dimensions, as transformers draws them

GPT-2 is initialised as nanoGPT does, which `initial` follows for it: residual projections are narrower.
"""

import sys
from pathlib import Path

import torch
import transformers

from fixtures import deterministic, folder, versions, write_json
from gpt import decay_groups

STEPS, ROWS, TIME, VOCAB, SEED = 5, 4, 16, 65, 1911
FAMILIES = ["gpt2", "llama", "mistral", "qwen2", "qwen3"]
OPTIMIZER = {"learningRate": 1e-2, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "weightDecay": 0.1, "gradClip": 1.0}


def train(model: transformers.PreTrainedModel, tokens: torch.Tensor) -> list[dict]:
    betas = (OPTIMIZER["beta1"], OPTIMIZER["beta2"])
    groups = decay_groups(model, OPTIMIZER["weightDecay"])
    optimizer = torch.optim.AdamW(groups, lr=OPTIMIZER["learningRate"], betas=betas, eps=OPTIMIZER["eps"])
    records = []
    for step in range(STEPS):
        starts = [(step * ROWS + row) * TIME for row in range(ROWS)]
        x = torch.stack([tokens[start : start + TIME] for start in starts])
        y = torch.stack([tokens[start + 1 : start + TIME + 1] for start in starts])
        model.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(model(x).logits.flatten(0, 1), y.flatten())
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), OPTIMIZER["gradClip"]).item()
        optimizer.step()
        records.append({"loss": loss.item(), "gradNorm": norm})
    return records


def initial(config: transformers.PreTrainedConfig) -> dict:
    """Mean and deviation of what transformers draws."""
    torch.manual_seed(SEED)
    fresh = transformers.AutoModelForCausalLM.from_config(config)
    return {
        name: {"mean": p.mean().item(), "std": p.std().item()} for name, p in fresh.named_parameters() if p.dim() >= 2
    }


def main() -> None:
    source = Path(sys.argv[1])
    generator = torch.Generator().manual_seed(SEED)
    # Some tokens are more likely than others, so that there is something to learn.
    weights = 1.0 / torch.arange(1, VOCAB + 1)
    tokens = torch.multinomial(weights, STEPS * ROWS * TIME + 1, replacement=True, generator=generator)
    families = {}
    for family in FAMILIES:
        single = transformers.AutoModelForCausalLM.from_pretrained(source / family, attn_implementation="eager")
        single.eval()
        double = transformers.AutoModelForCausalLM.from_pretrained(source / family, attn_implementation="eager").double()
        double.eval()
        steps = train(double, tokens)
        off = max(abs(a["loss"] - b["loss"]) for a, b in zip(steps, train(single, tokens), strict=True))
        assert off < 1e-5, f"float32 losses of {family} are off by {off:.1e}"
        families[family] = {"steps": steps, "initial": initial(single.config)}
        print(family, f"loss {steps[0]['loss']:.4f} to {steps[-1]['loss']:.4f}, float32 off by {off:.1e}")
    write_json(
        folder("pretraining") / "case.json",
        {
            "generator": "tools/reference/pretraining.py",
            "versions": versions(transformers),
            "seed": SEED,
            "optimizer": OPTIMIZER,
            "batch": {"steps": STEPS, "rows": ROWS, "length": TIME},
            "tokens": tokens.tolist(),
            "families": families,
        },
    )


if __name__ == "__main__":
    deterministic()
    main()
