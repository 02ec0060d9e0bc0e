"""Training steps of a GPT with random weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gpt import GPT, GPTConfig, Linear, decay_groups


class LoraLinear(nn.Module):
    """A frozen affine map beside a trained product of rank r, as peft's: alpha / r · x A B."""

    def __init__(self, base: Linear, rank: int, alpha: float):
        super().__init__()
        self.base = base
        n_in, n_out = base.weight.shape
        self.lora_a = nn.Parameter(torch.empty(rank, n_in))
        self.lora_b = nn.Parameter(torch.zeros(n_out, rank))
        nn.init.kaiming_uniform_(self.lora_a, a=math.sqrt(5))
        self.scale = alpha / rank

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.scale * F.linear(F.linear(x, self.lora_a), self.lora_b)


def apply_lora(model: GPT, rank: int, alpha: float, target_modules: list[str]) -> None:
    model.requires_grad_(False)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if name in target_modules:
                setattr(module, name, LoraLinear(child, rank, alpha))


def config_of(config: dict) -> GPTConfig:
    """attune's options as GPTConfig has them; what is left out is GPT-2's."""
    gpt2 = {"nLayer": 12, "nHead": 12, "nEmbd": 768, "bias": True, "activation": "gelu_new"} | config
    return GPTConfig(
        vocab_size=gpt2["vocabSize"],
        block_size=gpt2["blockSize"],
        n_layer=gpt2["nLayer"],
        n_head=gpt2["nHead"],
        n_embd=gpt2["nEmbd"],
        bias=gpt2["bias"],
        activation_function=gpt2["activation"],
    )


class WithLoss(nn.Module):
    """A model and its loss, which are compiled together: logits are the largest tensor of a step."""

    def __init__(self, model: GPT):
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        logits = self.model(tokens[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


class Training:
    """A model in training. Each step waits for its loss, as attune's do."""

    def __init__(
        self,
        device: str,
        config: dict,
        batch_size: int,
        optimizer: dict,
        precision: str,
        compiled: bool,
        lora: dict | None,
    ):
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        self.device, self.batch_size = device, batch_size
        shape = config_of(config)
        self.vocab_size, self.block_size = shape.vocab_size, shape.block_size
        torch.manual_seed(1337)
        # On the device from the start: a CPU takes seconds for the random numbers.
        with torch.device(device):
            model = GPT(shape, fused=True)
            model.init_weights(torch.Generator(device).manual_seed(1337))
            if lora:
                apply_lora(model, lora["rank"], lora["alpha"], lora["targetModules"])
        self.trained = [p for p in model.parameters() if p.requires_grad]
        groups = decay_groups(model, optimizer["weightDecay"])
        for group in groups:
            group["params"] = [p for p in group["params"] if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [group for group in groups if group["params"]],
            lr=optimizer["learningRate"],
            betas=(optimizer["beta1"], optimizer["beta2"]),
            fused=device != "cpu",
        )
        self.clip = optimizer["gradClip"]
        self.parameters = list(model.parameters())
        loss = WithLoss(model)
        self.loss = torch.compile(loss, dynamic=False) if compiled else loss
        self.bf16 = precision == "bf16"
        self.generator = torch.Generator().manual_seed(1337)

    def step(self) -> float:
        tokens = torch.randint(self.vocab_size, (self.batch_size, self.block_size + 1), generator=self.generator)
        tokens = tokens.to(self.device)
        with torch.autocast("cuda" if self.device != "cpu" else "cpu", torch.bfloat16, enabled=self.bf16):
            loss = self.loss(tokens)
        loss.backward()
        nn.utils.clip_grad_norm_(self.trained, self.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        # Waits for all that was launched before, the optimizer's kernels too.
        return loss.item()
