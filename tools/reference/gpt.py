"""A GPT-2 in PyTorch, written for comparison with attune.

The architecture is the one nanoGPT and GPT-2 share: learned positions, pre-norm blocks, causal attention, a head tied
to the token embedding. Parameters carry Hugging Face's names and layouts (`transformer.h.0.attn.c_attn.weight` is
[in, out]), so that a state dict is also a GPT-2 checkpoint.
"""

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

IGNORE_INDEX = -100


@dataclass(frozen=True)
class GPTConfig:
    """Hyper-parameters; `to_json` spells them as attune does."""

    vocab_size: int = 29
    block_size: int = 16
    n_layer: int = 2
    n_head: int = 2
    n_embd: int = 16
    bias: bool = True
    # Hugging Face's names: "gelu" is the exact one, "gelu_new" the tanh approximation.
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = 1e-5

    def to_json(self) -> dict:
        def camel(name: str) -> str:
            head, *tail = name.split("_")
            return head + "".join(word.capitalize() for word in tail)

        return {camel(key): value for key, value in asdict(self).items()}


class Linear(nn.Module):
    """An affine map whose weight is stored [in, out], as GPT-2's checkpoints do."""

    def __init__(self, n_in: int, n_out: int, bias: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.empty(n_out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.t(), self.bias)


class LayerNorm(nn.Module):
    """Layer normalisation over the last axis, with an optional bias."""

    def __init__(self, n: int, bias: bool, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n))
        self.bias = nn.Parameter(torch.empty(n)) if bias else None
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.epsilon)


class Attention(nn.Module):
    """Causal multi-head self-attention, scores scaled by 1 / sqrt(head width)."""

    def __init__(self, config: GPTConfig, fused: bool):
        super().__init__()
        self.n_head = config.n_head
        self.fused = fused
        self.c_attn = Linear(config.n_embd, 3 * config.n_embd, config.bias)
        self.c_proj = Linear(config.n_embd, config.n_embd, config.bias)

    def forward(self, x: Tensor) -> Tensor:
        b, t, c = x.shape
        q, k, v = (
            part.view(b, t, self.n_head, c // self.n_head).transpose(1, 2) for part in self.c_attn(x).split(c, dim=2)
        )
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
            future = torch.ones(t, t, dtype=torch.bool, device=x.device).triu(1)
            y = scores.masked_fill(future, float("-inf")).softmax(dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).reshape(b, t, c))


class MLP(nn.Module):
    def __init__(self, config: GPTConfig):
        super().__init__()
        self.c_fc = Linear(config.n_embd, 4 * config.n_embd, config.bias)
        self.c_proj = Linear(4 * config.n_embd, config.n_embd, config.bias)
        self.approximate = {"gelu": "none", "gelu_new": "tanh"}[config.activation_function]

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate=self.approximate))


class Block(nn.Module):
    def __init__(self, config: GPTConfig, fused: bool):
        super().__init__()
        self.ln_1 = LayerNorm(config.n_embd, config.bias, config.layer_norm_epsilon)
        self.attn = Attention(config, fused)
        self.ln_2 = LayerNorm(config.n_embd, config.bias, config.layer_norm_epsilon)
        self.mlp = MLP(config)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Token ids [B, T] to logits [B, T, vocab]; `fused` picks PyTorch's attention kernel over the written-out one."""

    def __init__(self, config: GPTConfig, fused: bool = False):
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(config.vocab_size, config.n_embd),
                "wpe": nn.Embedding(config.block_size, config.n_embd),
                "h": nn.ModuleList(Block(config, fused) for _ in range(config.n_layer)),
                "ln_f": LayerNorm(config.n_embd, config.bias, config.layer_norm_epsilon),
            }
        )

    def forward(self, ids: Tensor) -> Tensor:
        wte, wpe = self.transformer["wte"], self.transformer["wpe"]
        x = wte(ids) + wpe(torch.arange(ids.shape[1], device=ids.device))
        for block in self.transformer["h"]:
            x = block(x)
        return F.linear(self.transformer["ln_f"](x), wte.weight)

    @torch.no_grad()
    def init_weights(self, generator: torch.Generator, std: float = 0.02, noise: float = 0.0) -> None:
        """nanoGPT's initialisation: N(0, std), residual projections std / sqrt(2 nLayer), biases 0, layer norms 1.

        `noise` is added to biases and layer-norm weights: with zeros and ones there, a swapped or forgotten one
        would go unseen.
        """
        for name, parameter in self.named_parameters():
            if parameter.dim() >= 2:
                residual = name.endswith("c_proj.weight")
                scale = std / math.sqrt(2 * self.config.n_layer) if residual else std
                parameter.normal_(0.0, scale, generator=generator)
            else:
                parameter.normal_(0.0, noise, generator=generator) if noise else parameter.zero_()
                if name.endswith("weight"):
                    parameter.add_(1.0)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The sum of ce * mask, and the sum of mask; ignored targets have a cross-entropy of zero."""
    ce = F.cross_entropy(logits.flatten(0, -2), targets.flatten().long(), ignore_index=IGNORE_INDEX, reduction="none")
    mask = mask.to(logits.dtype)
    return (ce * mask.flatten()).sum(), mask.sum()


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Optimizer groups in which only tensors of two or more dimensions decay."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


def cosine_schedule(it: int, peak: float, minimum: float, warmup_iters: int, decay_iters: int) -> float:
    """nanoGPT's learning rate at iteration `it`, counted from 0."""
    if it < warmup_iters:
        return peak * (it + 1) / (warmup_iters + 1)
    if it > decay_iters:
        return minimum
    ratio = (it - warmup_iters) / (decay_iters - warmup_iters)
    return minimum + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (peak - minimum)
