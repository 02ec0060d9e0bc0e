"""Writes the `hf_decoder_*` fixtures: tiny models of each family as transformers saves and runs them.

Each folder holds

    model/               config.json, generation_config.json, model.safetensors
    case.json            `config` as `@attune/nn` takes it, the optimizer, per step: loss, gradNorm, count; and greedy:
                         a prompt and the continuation that `generate` gives it
    tensors.safetensors  x, y i32 and lossMask f32, all [steps, batch, time]; real i32 [batch, time], 0 where the rows
                         of step 0 are padded; logits [batch, time, vocab] and `grad.<name>` of step 0 before clipping;
                         packed.x, packed.positions, packed.documents i32 and packed.logits, of rows with several
                         documents

transformers computes norms in float32 whatever the model's dtype is, so that its float64 is a little less.
"""

import copy
import math
import sys
from dataclasses import dataclass, field, replace

import torch
import transformers
from torch import Tensor

from fixtures import deterministic, folder, versions, write_json, write_tensors
from gpt import decay_groups, masked_cross_entropy
from hf_gpt2 import MARGIN, greedy

STEPS, ROWS, TIME, VOCAB = 10, 3, 12, 29
PAD = 0
# Of step 0: how many tokens of each row are real, and how long the documents of the packed rows are.
LENGTHS = [12, 9, 5]
DOCUMENTS = [[5, 7], [3, 1, 6, 2]]
OPTIMIZER = {"learningRate": 2e-3, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weightDecay": 0.1, "gradClip": 1.0}
# As in gpt2_training.py: wide enough that attention is not all but even.
INIT_STD = 0.02 * math.sqrt(768 / 16)
NOISE = 0.1
# Random models often settle on one token: then another one is drawn.
PROMPTS, SEED_STEP = 20, 100

SIZES = {
    "vocab_size": VOCAB,
    "hidden_size": 16,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
    "initializer_range": INIT_STD,
    "rms_norm_eps": 1e-5,
    "bos_token_id": None,
    "eos_token_id": PAD,
    "pad_token_id": PAD,
}
LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
YARN = {"original_max_position_embeddings": 8, "beta_fast": 4.0, "beta_slow": 1.0}


@dataclass(frozen=True)
class Case:
    name: str
    seed: int
    family: str
    options: dict
    rope: dict = field(default_factory=lambda: {"rope_type": "default", "rope_theta": 10000.0})


CASES = [
    Case(
        "llama",
        701,
        "Llama",
        {"num_key_value_heads": 2, "tie_word_embeddings": False},
        {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, **LLAMA3},
    ),
    Case("llama_tied_mqa", 702, "Llama", {"num_key_value_heads": 1, "tie_word_embeddings": True}),
    Case(
        "llama_biases",
        703,
        "Llama",
        {"num_key_value_heads": 4, "head_dim": 6, "attention_bias": True, "mlp_bias": True},
        {"rope_type": "linear", "rope_theta": 10000.0, "factor": 3.0},
    ),
    Case(
        "llama_dynamic",
        704,
        "Llama",
        {"num_key_value_heads": 2},
        {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0},
    ),
    Case("mistral", 705, "Mistral", {"num_key_value_heads": 2, "head_dim": 8, "sliding_window": 5}),
    Case(
        "qwen2",
        706,
        "Qwen2",
        {"num_key_value_heads": 2, "tie_word_embeddings": True},
        {"rope_type": "yarn", "rope_theta": 1000000.0, "factor": 4.0, **YARN},
    ),
    Case(
        "qwen2_window",
        707,
        "Qwen2",
        {"num_key_value_heads": 2, "use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1},
    ),
    Case("qwen3", 708, "Qwen3", {"num_key_value_heads": 2, "head_dim": 6, "tie_word_embeddings": True}),
    Case("gpt2", 710, "GPT2", {}),
]


def make_model(case: Case) -> transformers.PreTrainedModel:
    torch.manual_seed(case.seed)
    if case.family == "GPT2":
        config = transformers.GPT2Config(
            vocab_size=VOCAB,
            n_positions=32,
            n_embd=16,
            n_layer=2,
            n_head=2,
            initializer_range=INIT_STD,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=None,
            eos_token_id=PAD,
            pad_token_id=PAD,
        )
        model = transformers.GPT2LMHeadModel(config)
    else:
        config_class = getattr(transformers, f"{case.family}Config")
        config = config_class(**SIZES, **case.options, rope_parameters=dict(case.rope))
        model = getattr(transformers, f"{case.family}ForCausalLM")(config)
    with torch.no_grad():
        for parameter in model.parameters():
            # Biases start at 0 and norms at 1, where a swapped one would go unseen.
            if parameter.dim() < 2:
                parameter.add_(NOISE * torch.randn_like(parameter))
    return model.eval()


ROPE_KEYS = {
    "factor": "factor",
    "low_freq_factor": "lowFreqFactor",
    "high_freq_factor": "highFreqFactor",
    "original_max_position_embeddings": "originalMaxPositions",
    "beta_fast": "betaFast",
    "beta_slow": "betaSlow",
}


def our_config(case: Case, config: transformers.PreTrainedConfig) -> dict:
    """The same configuration as `@attune/nn` takes it."""
    if case.family == "GPT2":
        return {
            "family": config.model_type,
            "vocabSize": config.vocab_size,
            "blockSize": config.n_positions,
            "nLayer": config.n_layer,
            "nHead": config.n_head,
            "nEmbd": config.n_embd,
            "dropout": 0,
            "bias": True,
            "activation": config.activation_function,
            "layerNormEpsilon": config.layer_norm_epsilon,
        }
    layers = range(config.num_hidden_layers)
    window = getattr(config, "sliding_window", None)
    types = getattr(config, "layer_types", None) or ["sliding_attention"] * config.num_hidden_layers
    sliding = [layer for layer in layers if types[layer] == "sliding_attention"]
    biased = getattr(config, "attention_bias", False)
    scaling = {ROPE_KEYS[key]: value for key, value in case.rope.items() if key in ROPE_KEYS}
    return {
        "family": config.model_type,
        "vocabSize": config.vocab_size,
        "blockSize": config.max_position_embeddings,
        "maxPositions": config.max_position_embeddings,
        "nLayer": config.num_hidden_layers,
        "nHead": config.num_attention_heads,
        "nKvHead": config.num_key_value_heads,
        "headDim": getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads,
        "nEmbd": config.hidden_size,
        "intermediateSize": config.intermediate_size,
        "rmsNormEpsilon": config.rms_norm_eps,
        "rope": {"theta": case.rope["rope_theta"], "scaling": {"type": case.rope["rope_type"], **scaling}},
        "attentionBias": "qkv" if case.family == "Qwen2" else "all" if biased else "none",
        "mlpBias": getattr(config, "mlp_bias", False),
        "qkNorm": case.family == "Qwen3",
        "slidingWindow": {"size": window, "layers": sliding} if window and sliding else None,
        "tieEmbeddings": config.tie_word_embeddings,
        "attentionDropout": 0,
        "initializerRange": config.initializer_range,
    }


def make_batches(generator: torch.Generator) -> dict[str, Tensor]:
    """Rows of random tokens, padded on the right; only answers carry loss, and some of them half of it."""
    tokens = torch.randint(1, VOCAB, (STEPS, ROWS, TIME + 1), generator=generator)
    lengths = torch.randint(4, TIME + 1, (STEPS, ROWS, 1), generator=generator)
    lengths[0] = torch.tensor(LENGTHS)[:, None]
    prompt = torch.randint(0, 3, (STEPS, ROWS, 1), generator=generator)
    position = torch.arange(TIME)
    real = position < lengths
    tokens[..., :-1][~real] = PAD
    tokens[..., 1:][~real] = PAD
    mask = (real & (position >= prompt)).double()
    mask[:, 1] *= 0.5
    return {"x": tokens[..., :-1], "y": tokens[..., 1:], "lossMask": mask, "real": real[0].int()}


def forward(model: transformers.PreTrainedModel, x: Tensor) -> Tensor:
    # Padding stands on the right, where no real token sees it.
    return model(x, attention_mask=(x != PAD).long()).logits


def backward(model: transformers.PreTrainedModel, batches: dict[str, Tensor], step: int) -> tuple[float, float, Tensor]:
    """Leaves in the model the gradient of sum(ce * mask) / sum(mask). Returns that loss, the count and the logits."""
    model.zero_grad(set_to_none=True)
    logits = forward(model, batches["x"][step])
    numerator, count = masked_cross_entropy(logits, batches["y"][step], batches["lossMask"][step])
    loss = numerator / count
    loss.backward()
    return loss.item(), count.item(), logits.detach()


def train(model: transformers.PreTrainedModel, batches: dict[str, Tensor]) -> list[dict]:
    betas = (OPTIMIZER["beta1"], OPTIMIZER["beta2"])
    groups = decay_groups(model, OPTIMIZER["weightDecay"])
    optimizer = torch.optim.AdamW(groups, lr=OPTIMIZER["learningRate"], betas=betas, eps=OPTIMIZER["eps"])
    records = []
    for step in range(STEPS):
        loss, count, _ = backward(model, batches, step)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), OPTIMIZER["gradClip"]).item()
        optimizer.step()
        records.append({"loss": loss, "gradNorm": norm, "count": count})
    return records


@torch.no_grad()
def packed(model: transformers.PreTrainedModel, generator: torch.Generator) -> dict[str, Tensor]:
    """Rows of several documents: their logits are those of each document on its own."""
    positions = torch.tensor([[p for length in row for p in range(length)] for row in DOCUMENTS])
    documents = torch.tensor([[i for i, length in enumerate(row) for _ in range(length)] for row in DOCUMENTS])
    x = torch.randint(1, VOCAB, positions.shape, generator=generator)
    # transformers tells documents apart by positions that begin again.
    logits = model(x, position_ids=positions, use_cache=False).logits
    for row, lengths in enumerate(DOCUMENTS):
        start = 0
        for length in lengths:
            alone = model(x[row : row + 1, start : start + length]).logits[0]
            torch.testing.assert_close(logits[row, start : start + length], alone, rtol=0, atol=1e-6)
            start += length
    return {
        "packed.x": x,
        "packed.positions": positions,
        "packed.documents": documents,
        "packed.logits": logits,
    }


def generation(model: transformers.PreTrainedModel, generator: torch.Generator) -> dict | None:
    """The first prompt whose continuation is clear-cut, does not end early, and does not settle on one token."""
    for _ in range(PROMPTS):
        prompt = torch.randint(1, VOCAB, (4,), generator=generator).tolist()
        continuation, margin = greedy(model, prompt)
        if margin > MARGIN and PAD not in continuation and len(set(continuation)) > 3:
            break
    else:
        return None
    inputs = torch.tensor([prompt])
    generated = model.generate(
        inputs, attention_mask=torch.ones_like(inputs), do_sample=False, max_new_tokens=len(continuation)
    )
    assert generated[0].tolist() == prompt + continuation
    return {"prompt": prompt, "continuation": continuation, "margin": margin}


def check_attainable(expected: dict[str, Tensor], model: transformers.PreTrainedModel, norm: float) -> None:
    """PyTorch's own float32 must pass the rule that backends are held to, or the rule asks the impossible."""
    for name, parameter in model.named_parameters():
        bound = 1e-4 * expected[name].abs().max() + 1e-7 * norm
        error = (parameter.grad.double() - expected[name]).abs().max()
        if name.endswith("c_attn.bias"):
            continue
        assert error <= bound, f"{name}: float32 is off by {error:.3e}, allowed {bound:.3e}"


def write(case: Case) -> None:
    single = make_model(case)
    double = copy.deepcopy(single).double()
    generator = torch.Generator().manual_seed(case.seed)
    batches = make_batches(generator)
    documents = packed(double, generator)
    continuation = generation(double, generator)
    if continuation is None:
        return write(replace(case, seed=case.seed + SEED_STEP))
    path = folder(f"hf_decoder_{case.name}")
    single.save_pretrained(path / "model")

    _, _, logits = backward(double, batches, 0)
    grads = {name: parameter.grad.clone() for name, parameter in double.named_parameters()}
    norm = torch.linalg.vector_norm(torch.cat([g.flatten() for g in grads.values()])).item()
    backward(single, batches, 0)
    check_attainable(grads, single, norm)
    tensors = batches | {"logits": logits} | {f"grad.{name}": g for name, g in grads.items()}
    write_tensors(path / "tensors.safetensors", tensors | documents)

    steps = train(double, batches)
    losses = [record["loss"] for record in train(single, batches)]
    off = max(abs(record["loss"] - loss) for record, loss in zip(steps, losses, strict=True))
    assert off < 1e-5, f"float32 losses are off by {off:.1e}"
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/decoders.py",
            "versions": versions(transformers),
            "seed": case.seed,
            "config": our_config(case, single.config),
            "optimizer": OPTIMIZER,
            "batch": {"steps": STEPS, "rows": ROWS, "length": TIME},
            "steps": steps,
            "lossesFloat32": losses,
            "greedy": continuation,
        },
    )
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    print(f"{path.name}: loss {steps[0]['loss']:.3f} to {steps[-1]['loss']:.3f}, {size / 1e3:.0f} kB")


if __name__ == "__main__":
    deterministic()
    for case in CASES:
        if sys.argv[1:] in ([], [case.name]):
            write(case)
