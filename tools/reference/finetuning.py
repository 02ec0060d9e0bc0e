"""Writes the `finetune_llama` fixture: a pretrained folder, rows of a task, and how PyTorch and peft fine-tune on them.

    model/          a tiny Llama as transformers saves it, with a byte-level BPE tokenizer and a chat template
    adapter/        a LoRA adapter as peft saves it
    rows.jsonl      prompt-completion rows of unequal length
    case.json       settings, and for `full`, `freeze` and `lora` the loss of each step; `evaluation` of model and adapter

Rows are taken in the order of the file, four at a time, padded on the right; the loss is the mean over the completions'
tokens of the whole batch, the token that ends a row among them.
"""

import json
import math
import random
from pathlib import Path

import peft
import tokenizers
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn import functional as F

from fixtures import deterministic, folder, save_adapter, versions, write_json

SEED = 601
STEPS, BATCH = 10, 4
SETTINGS = {"learningRate": 1e-3, "minLr": 1e-4, "weightDecay": 0.1, "beta1": 0.9, "beta2": 0.95, "gradClip": 1.0}
FROZEN = ("model.embed_tokens.", "model.layers.0.")
TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def make_rows() -> list[dict[str, str]]:
    draw = random.Random(SEED)
    names, things, colors = ["Tom", "Anna", "Ben"], ["ball", "kite", "cake", "hat"], ["red", "blue", "green"]
    rows = []
    for _ in range(24):
        name, thing, color = draw.choice(names), draw.choice(things), draw.choice(colors)
        prompt = f"{name} has a {color} {thing}. What does {name} have?\n"
        rows.append({"prompt": prompt, "completion": f"A {color} {thing}" + "!" * draw.randint(0, 4)})
    return rows


def make_tokenizer(rows: list[dict[str, str]]) -> transformers.PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=280,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([row["prompt"] + row["completion"] for row in rows], trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    fast.chat_template = TEMPLATE
    return fast


def make_model(tokenizer) -> transformers.LlamaForCausalLM:
    torch.manual_seed(SEED)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.2,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return transformers.LlamaForCausalLM(config)


def make_adapter(path: Path) -> None:
    torch.manual_seed(SEED + 1)
    config = LoraConfig(r=4, lora_alpha=8, task_type="CAUSAL_LM", target_modules=["q_proj", "v_proj", "down_proj"])
    model = get_peft_model(transformers.LlamaForCausalLM.from_pretrained(path / "model"), config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
    save_adapter(model, path / "adapter")


def encode(tokenizer, row: dict[str, str]) -> tuple[list[int], list[float]]:
    prompt = tokenizer(row["prompt"], add_special_tokens=False)["input_ids"]
    whole = tokenizer(row["prompt"] + row["completion"], add_special_tokens=False)["input_ids"]
    assert whole[: len(prompt)] == prompt
    ids = [*whole, tokenizer.eos_token_id]
    return ids, [0.0] * len(prompt) + [1.0] * (len(ids) - len(prompt))


def loss_of(model, rows, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The summed loss of the rows' trained tokens, and how many there are."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [pad] * (longest - len(ids)) for ids, _ in rows])
    weights = torch.tensor([w + [0.0] * (longest - len(w)) for _, w in rows])
    attention = torch.tensor([[1] * len(i) + [0] * (longest - len(i)) for i, _ in rows])
    logits = model(input_ids=ids, attention_mask=attention).logits[:, :-1]
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten().to(losses.dtype)
    return (losses * weights).sum(), weights.sum()


def train(model, rows, pad: int, norms: list[float] | None = None) -> list[float]:
    """The loss of each step. Norms of its gradient go into `norms`."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": SETTINGS["weightDecay"]},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(SETTINGS["beta1"], SETTINGS["beta2"]))
    losses = []
    for step in range(STEPS):
        share = 0.5 * (1 + math.cos(math.pi * step / STEPS))
        for group in optimizer.param_groups:
            group["lr"] = SETTINGS["minLr"] + share * (SETTINGS["learningRate"] - SETTINGS["minLr"])
        batch = [rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)]
        total, count = loss_of(model, batch, pad)
        loss = total / count
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, SETTINGS["gradClip"])
        if norms is not None:
            norms.append(norm.item())
        optimizer.step()
        losses.append(loss.item())
    return losses


def main() -> None:
    path = folder("finetune_llama")
    rows = make_rows()
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (path / "rows.jsonl").write_text(text, encoding="utf-8")
    tokenizer = make_tokenizer(rows)
    make_model(tokenizer).save_pretrained(path / "model")
    tokenizer.save_pretrained(path / "model")
    make_adapter(path)

    def load(adapter: bool = False):
        model = transformers.LlamaForCausalLM.from_pretrained(path / "model")
        if adapter:
            model = PeftModel.from_pretrained(model, path / "adapter", is_trainable=True)
        return model.double()

    encoded = [encode(tokenizer, row) for row in rows]
    pad = tokenizer.pad_token_id
    frozen = load()
    for name, parameter in frozen.named_parameters():
        parameter.requires_grad = not name.startswith(FROZEN)
    with torch.no_grad():
        evaluation = {}
        for name, model in {"model": load(), "adapter": load(adapter=True)}.items():
            total, count = loss_of(model, encoded, pad)
            evaluation[name] = {"loss": (total / count).item(), "tokens": int(count)}
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/finetuning.py",
            "versions": versions(transformers, peft, tokenizers),
            "seed": SEED,
            "steps": STEPS,
            "batchSize": BATCH,
            "settings": SETTINGS,
            "losses": {
                "full": train(load(), encoded, pad),
                "freeze": train(frozen, encoded, pad),
                "lora": train(load(adapter=True), encoded, pad),
            },
            "evaluation": evaluation,
        },
    )


if __name__ == "__main__":
    deterministic()
    main()
