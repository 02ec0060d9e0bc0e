"""Greedy decoding of one text over a cache of keys and values, whose memory is allocated once."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gpt import GPT, GPTConfig

WIDTH = 0.125
"""The weights are uniform over this width, around 1 for scales and 0 elsewhere. A power of two: rounds nowhere."""


@torch.no_grad()
def init_decoded_weights(model: GPT) -> None:
    """Gives every weight the value that app/work/decoded-weights.js gives it, to the bit: a hash of tensor and index."""
    for number, (name, parameter) in enumerate(sorted(model.named_parameters())):
        bits = torch.arange(parameter.numel(), device=parameter.device)
        bits = (bits + number * 0x9E3779B9) & 0xFFFFFFFF
        # Products wrap around in 64 bits, of which 32 are kept.
        bits = ((bits ^ (bits >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
        bits = ((bits ^ (bits >> 15)) * 0x846CA68B) & 0xFFFFFFFF
        bits = bits ^ (bits >> 16)
        values = ((bits >> 8).float() / 2**24 - 0.5) * WIDTH
        is_scale = parameter.dim() == 1 and name.endswith("weight")
        parameter.copy_((values + 1.0 if is_scale else values).view_as(parameter))


class Cache(nn.Module):
    """The keys and values of a layer: buffers of their own, which a compiled step changes in place."""

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype):
        super().__init__()
        self.register_buffer("keys", torch.zeros(shape, dtype=dtype))
        self.register_buffer("values", torch.zeros(shape, dtype=dtype))

    def write(self, positions: Tensor, key: Tensor, value: Tensor) -> None:
        self.keys[:, :, positions] = key
        self.values[:, :, positions] = value


class CachedGPT(nn.Module):
    """A GPT that reads a prompt at once, then a token at a time. All it changes is in buffers, at addresses that stay."""

    def __init__(self, model: GPT, length: int, dtype: torch.dtype):
        super().__init__()
        self.model = model
        config = model.config
        self.n_head = config.n_head
        shape = (1, config.n_head, length, config.n_embd // config.n_head)
        self.caches = nn.ModuleList(Cache(shape, dtype) for _ in range(config.n_layer))
        self.register_buffer("places", torch.arange(length))
        self.register_buffer("token", torch.zeros(1, dtype=torch.long))
        self.register_buffer("position", torch.zeros(1, dtype=torch.long))

    def logits(self, ids: Tensor, positions: Tensor) -> Tensor:
        """The logits [V] after the last of some tokens [T]: a prompt from its beginning, or one more."""
        transformer, count = self.model.transformer, ids.shape[0]
        x = (transformer["wte"](ids) + transformer["wpe"](positions))[None]
        mask = None if count > 1 else (self.places <= positions)[None, None, None]
        for cache, block in zip(self.caches, transformer["h"]):
            parts = block.attn.c_attn(block.ln_1(x)).view(1, count, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)
            query, key, value = parts.unbind(0)
            cache.write(positions, key, value)
            if mask is None:
                y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            else:
                y = F.scaled_dot_product_attention(query, cache.keys, cache.values, attn_mask=mask)
            x = x + block.attn.c_proj(y.transpose(1, 2).reshape(1, count, -1))
            x = x + block.mlp(block.ln_2(x))
        return F.linear(transformer["ln_f"](x[0, -1]), transformer["wte"].weight)

    def read(self, prompt: Tensor) -> Tensor:
        """Reads a prompt and leaves the token after it. Returns its logits."""
        logits = self.logits(prompt, self.places[: prompt.shape[0]])
        self.token.copy_(logits.argmax(keepdim=True))
        self.position.fill_(prompt.shape[0])
        return logits

    def next(self) -> Tensor:
        """Reads the token that was left, and leaves the one after it. Returns its logits."""
        logits = self.logits(self.token, self.position)
        self.token.copy_(logits.argmax(keepdim=True))
        self.position.add_(1)
        return logits

    def step(self) -> None:
        """As `next`, without logits: in a CUDA graph, an output is copied for whoever reads it."""
        self.next()


class Decoding:
    """A model that decodes. Each token is waited for, as by one who shows a text while it is being written."""

    def __init__(self, device: str, config: GPTConfig, precision: str, compiled: bool, prompt: list[int], tokens: int):
        # Training in TF32 may have gone before.
        torch.set_float32_matmul_precision("highest")
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        with torch.device(device):
            model = GPT(config, fused=True).requires_grad_(False)
            init_decoded_weights(model)
            self.model = CachedGPT(model.to(dtype), len(prompt) + tokens, dtype)
        self.device, self.prompt, self.tokens = device, prompt, tokens
        # Without CUDA graphs, a token of a small model is the time of its launches.
        self.step = torch.compile(self.model.step, mode="reduce-overhead", dynamic=False) if compiled else self.model.step

    def graphs_skipped(self) -> int | None:
        """How often PyTorch went without a CUDA graph where one was asked for; None where none was."""
        if self.step == self.model.step or self.device == "cpu":
            return None
        return torch._dynamo.utils.counters["inductor"]["cudagraph_skips"]

    @torch.no_grad()
    def decode(self, count: int) -> dict:
        """Continues the prompt by some tokens, the first of which comes with it. Times are in milliseconds."""
        start = time.perf_counter()
        self.model.read(torch.tensor(self.prompt, device=self.device))
        tokens = [self.model.token.item()]
        token_ms = []
        prompt_ms = 1000 * (time.perf_counter() - start)
        while len(tokens) < count:
            start = time.perf_counter()
            self.step()
            tokens.append(self.model.token.item())
            token_ms.append(1000 * (time.perf_counter() - start))
        return {"promptMs": prompt_ms, "tokenMs": token_ms, "tokens": tokens}

    @torch.no_grad()
    def compare(self, expected: list[int]) -> list[dict]:
        """
        Reads the prompt and then the tokens that the other side has decoded. Returns those that it would not have chosen, with
        how much larger its own logit is, and the standard deviation of the logits, which that is to be seen against.
        """
        found = []
        for index, token in enumerate(expected):
            logits = self.model.read(torch.tensor(self.prompt, device=self.device)) if index == 0 else self.model.next()
            own = self.model.token.item()
            if own != token:
                gap = (logits[own] - logits[token]).item()
                found.append({"index": index, "token": own, "gap": gap, "deviation": logits.std().item()})
            self.model.token.fill_(token)
        return found
