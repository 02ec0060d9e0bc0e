"""Writes the `hf_gpt2_tiny*` fixtures: GPT-2 folders as transformers saves them, with logits and a greedy continuation.

Each holds `model/` (config.json, generation_config.json, model.safetensors), `logits.safetensors` with `logits`
[batch, time, vocab], and `case.json` with the ids they belong to and the ids of the greedy continuation.
"""

import torch
import transformers

from fixtures import deterministic, folder, versions, write_json, write_tensors

NEW_TOKENS = 20
# Greedy decoding is a fair test only where no two tokens are nearly tied.
MARGIN = 1e-2
CASES = [("hf_gpt2_tiny", "gelu_new", 401), ("hf_gpt2_tiny_gelu", "gelu", 402)]


def make_model(activation: str, seed: int) -> transformers.GPT2LMHeadModel:
    torch.manual_seed(seed)
    config = transformers.GPT2Config(
        vocab_size=29,
        n_positions=32,
        n_embd=16,
        n_layer=2,
        n_head=2,
        activation_function=activation,
        initializer_range=0.2,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Biases start at 0 and layer norms at 1, where a swapped one would go unseen.
            if parameter.dim() < 2:
                parameter.add_(0.1 * torch.randn_like(parameter))
    return model


@torch.no_grad()
def greedy(model: transformers.GPT2LMHeadModel, prompt: list[int]) -> tuple[list[int], float]:
    """The continuation, token by token without a cache, and the smallest lead of a chosen token over the next best."""
    ids, margin = list(prompt), float("inf")
    for _ in range(NEW_TOKENS):
        best = model(torch.tensor([ids])).logits[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        ids.append(best.indices[0].item())
    return ids[len(prompt) :], margin


def write(name: str, activation: str, seed: int) -> None:
    model = make_model(activation, seed)
    path = folder(name)
    model.save_pretrained(path / "model")

    model = model.double()
    generator = torch.Generator().manual_seed(seed)
    vocab = model.config.vocab_size
    ids = torch.randint(vocab, (2, 12), generator=generator)
    with torch.no_grad():
        logits = model(ids).logits
    write_tensors(path / "logits.safetensors", {"logits": logits})

    # The first prompt whose continuation is clear-cut, does not end early, and does not settle on one token.
    while True:
        prompt = torch.randint(1, vocab, (4,), generator=generator).tolist()
        continuation, margin = greedy(model, prompt)
        if margin > MARGIN and model.config.eos_token_id not in continuation and len(set(continuation)) > 5:
            break
    generated = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=NEW_TOKENS)
    assert generated[0].tolist() == prompt + continuation

    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/hf_gpt2.py",
            "versions": versions(transformers),
            "seed": seed,
            "ids": ids.tolist(),
            "greedy": {"prompt": prompt, "continuation": continuation, "margin": margin},
        },
    )
    print(f"{name}: greedy {continuation}, margin {margin:.3f}")


if __name__ == "__main__":
    deterministic()
    for case in CASES:
        write(*case)
