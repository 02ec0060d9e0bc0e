"""PyTorch's side of the check: training steps of the same shapes, on the same GPU.

Reads one request a line, `{ id, do, ... }`, and writes lines of `{ id, result }` or `{ id, error }`, as app/worker.js does.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import time
import traceback
import warnings

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
        if device != "cpu":
            torch.cuda.reset_peak_memory_stats()
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
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
        self.model = torch.compile(model, dynamic=False) if compiled else model
        self.bf16 = precision == "bf16"
        self.generator = torch.Generator().manual_seed(1337)

    def step(self) -> float:
        tokens = torch.randint(self.vocab_size, (self.batch_size, self.block_size + 1), generator=self.generator)
        tokens = tokens.to(self.device)
        with torch.autocast("cuda" if self.device != "cpu" else "cpu", torch.bfloat16, enabled=self.bf16):
            logits = self.model(tokens[:, :-1].contiguous())
            loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(self.trained, self.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.item()


training: Training | None = None


def describe(device: str) -> dict:
    about = {"torch": torch.__version__, "python": platform.python_version(), "device": device}
    if device == "cpu":
        return about | {"name": platform.processor() or platform.machine(), "threads": torch.get_num_threads()}
    if not torch.cuda.is_available():
        raise RuntimeError(f"PyTorch {torch.__version__} (CUDA {torch.version.cuda}) sees no GPU")
    major, minor = torch.cuda.get_device_capability()
    return about | {
        "name": torch.cuda.get_device_name(),
        "cuda": torch.version.cuda,
        "capability": f"{major}.{minor}",
        "memoryBytes": torch.cuda.get_device_properties(0).total_memory,
    }


def open_training(**options) -> dict:
    """Makes a model and takes its first step, which compiles it."""
    global training
    close_training()
    began = time.perf_counter()
    options["batch_size"] = options.pop("batchSize")
    training = Training(**options)
    loss = training.step()
    parameters = list(training.model.parameters())
    return {
        "parameters": {"total": sum(p.numel() for p in parameters), "trainable": sum(p.numel() for p in training.trained)},
        "firstStepMs": 1000 * (time.perf_counter() - began),
        "firstLoss": loss,
    }


def time_steps(count: int) -> dict:
    milliseconds, loss = [], math.nan
    for _ in range(count):
        start = time.perf_counter()
        loss = training.step()
        milliseconds.append(1000 * (time.perf_counter() - start))
    peak = None if training.device == "cpu" else torch.cuda.max_memory_allocated()
    return {"stepMs": milliseconds, "loss": loss, "peakBytes": peak}


def close_training() -> dict:
    """Frees the model, and what was compiled of it."""
    global training
    if training is not None:
        training = None
        torch._dynamo.reset()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return {}


REQUESTS = {"describe": describe, "openTraining": open_training, "timeSteps": time_steps, "closeTraining": close_training}


def main() -> None:
    # What libraries print to stdout must not get between the lines of the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    warnings.filterwarnings("ignore")
    for line in sys.stdin:
        request = json.loads(line)
        number, name = request.pop("id"), request.pop("do")
        try:
            answer = {"result": REQUESTS[name](**request)}
        except Exception as error:
            answer = {"error": {"message": f"{type(error).__name__}: {error}", "stack": traceback.format_exc()}}
        print(json.dumps({"id": number} | answer), file=answers)


main()
