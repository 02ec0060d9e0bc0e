"""PyTorch's eager CPU step on the sizes attune is measured at, and nanoGPT's CPU run to compare a loss with.

    python bench_nanogpt.py --size S --threads 2
    python bench_nanogpt.py --train tinyshakespeare DIR --threads 2

The first form times training steps on random tokens. The second trains on DIR/train.bin with nanoGPT's CPU
configuration and evaluates on DIR/val.bin: the mean over 20 random batches, as nanoGPT does, and over the whole split.
Both print one JSON object.
"""

import argparse
import json
import platform
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gpt import GPT, GPTConfig, cosine_schedule, decay_groups

NO_BIAS = {"bias": False, "activation_function": "gelu"}
SIZES = {
    # nanoGPT's CPU configuration.
    "S": (GPTConfig(vocab_size=65, block_size=64, n_layer=4, n_head=4, n_embd=128, **NO_BIAS), 12),
    "M": (GPTConfig(vocab_size=512, block_size=256, n_layer=6, n_head=6, n_embd=384, **NO_BIAS), 4),
    # GPT-2, with a shorter block.
    "124M": (GPTConfig(vocab_size=50257, block_size=256, n_layer=12, n_head=12, n_embd=768), 1),
}
TRAINING = {
    "tinyshakespeare": {
        "size": "S",
        "maxIters": 2000,
        "learningRate": 1e-3,
        "minLr": 1e-4,
        "warmupIters": 100,
        "lrDecayIters": 2000,
        "beta1": 0.9,
        "beta2": 0.99,
        "weightDecay": 0.1,
        "gradClip": 1.0,
        "evalIters": 20,
    }
}


def cross_entropy(model: GPT, x: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction=reduction)


def make_optimizer(model: GPT, options: dict) -> torch.optim.AdamW:
    betas = (options["beta1"], options["beta2"])
    return torch.optim.AdamW(decay_groups(model, options["weightDecay"]), lr=options["learningRate"], betas=betas)


def train_step(model: GPT, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, lr: float, clip: float) -> float:
    for group in optimizer.param_groups:
        group["lr"] = lr
    loss = cross_entropy(model, x, y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def make_model(config: GPTConfig, seed: int) -> GPT:
    model = GPT(config, fused=True)
    model.init_weights(torch.Generator().manual_seed(seed))
    return model


def bench(size: str, warmup: int, steps: int, seed: int) -> dict:
    config, batch_size = SIZES[size]
    options = TRAINING["tinyshakespeare"]
    model = make_model(config, seed)
    optimizer = make_optimizer(model, options)
    generator = torch.Generator().manual_seed(seed)
    shape = (batch_size, config.block_size + 1)
    milliseconds = []
    for step in range(warmup + steps):
        tokens = torch.randint(config.vocab_size, shape, generator=generator)
        x, y = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
        start = time.perf_counter()
        train_step(model, optimizer, x, y, options["learningRate"], options["gradClip"])
        if step >= warmup:
            milliseconds.append(1000 * (time.perf_counter() - start))
    median = statistics.median(milliseconds)
    return {
        "size": size,
        "config": config.to_json(),
        "batchSize": batch_size,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": steps,
        "stepMs": {"median": median, "min": min(milliseconds), "max": max(milliseconds)},
        "peakRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "tokensPerSecond": 1000 * batch_size * config.block_size / median,
    }


def read_tokens(folder: Path, split: str, vocab_size: int) -> Tensor:
    path = folder / f"{split}.bin"
    if not path.is_file():
        raise SystemExit(f"{path} does not exist: prepare the data first, with nanoGPT's prepare.py or attune prepare")
    tokens = torch.from_numpy(np.fromfile(path, dtype="<u2").astype(np.int64))
    if tokens.max() >= vocab_size:
        raise SystemExit(f"{path} has token id {tokens.max()}, but the vocabulary has {vocab_size}")
    return tokens


def random_batch(tokens: Tensor, batch_size: int, time_steps: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    starts = torch.randint(len(tokens) - time_steps, (batch_size, 1), generator=generator)
    windows = tokens[starts + torch.arange(time_steps + 1)]
    return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()


@torch.no_grad()
def full_split_loss(model: GPT, tokens: Tensor, batch_size: int = 64) -> tuple[float, int]:
    """The mean over every target of the split, in consecutive windows, the last one shorter."""
    t = model.config.block_size
    count = len(tokens) - 1
    whole = count // t
    x, y = tokens[: whole * t].view(whole, t), tokens[1 : whole * t + 1].view(whole, t)
    chunks = list(zip(x.split(batch_size), y.split(batch_size), strict=True))
    if count > whole * t:
        chunks.append((tokens[None, whole * t : -1], tokens[None, whole * t + 1 :]))
    return sum(cross_entropy(model, x, y, "sum").item() for x, y in chunks) / count, count


def train(preset: str, folder: Path, max_iters: int | None, seed: int) -> dict:
    options = TRAINING[preset] | ({} if max_iters is None else {"maxIters": max_iters})
    config, batch_size = SIZES[options["size"]]
    data = {split: read_tokens(folder, split, config.vocab_size) for split in ("train", "val")}
    model = make_model(config, seed)
    optimizer = make_optimizer(model, options)
    generator = torch.Generator().manual_seed(seed)

    def batch(split: str) -> tuple[Tensor, Tensor]:
        return random_batch(data[split], batch_size, config.block_size, generator)

    schedule = (options["learningRate"], options["minLr"], options["warmupIters"], options["lrDecayIters"])
    start = time.perf_counter()
    for it in range(options["maxIters"]):
        lr = cosine_schedule(it, *schedule)
        loss = train_step(model, optimizer, *batch("train"), lr, options["gradClip"])
        if (it + 1) % 100 == 0:
            print(f"step {it + 1}: loss {loss:.4f}", file=sys.stderr)
    seconds = time.perf_counter() - start

    with torch.no_grad():
        sampled = [cross_entropy(model, *batch("val")).item() for _ in range(options["evalIters"])]
    full, targets = full_split_loss(model, data["val"])
    return {
        "preset": preset,
        "options": options,
        "config": config.to_json(),
        "batchSize": batch_size,
        "seconds": seconds,
        "trainLoss": loss,
        "valLoss": {"randomBatches": statistics.mean(sampled), "fullSplit": full, "targets": targets},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--train", nargs=2, metavar=("PRESET", "DIR"), help=f"PRESET is one of {', '.join(TRAINING)}")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=5, help="untimed steps of a timing")
    parser.add_argument("--steps", type=int, default=30, help="timed steps of a timing")
    parser.add_argument("--max-iters", type=int, help="train for fewer iterations than the preset's")
    parser.add_argument("--seed", type=int, default=1337)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.train:
        preset, folder = arguments.train
        if preset not in TRAINING:
            parser.error(f"unknown preset {preset!r}, expected one of {', '.join(TRAINING)}")
        result = train(preset, Path(folder), arguments.max_iters, arguments.seed)
    else:
        result = bench(arguments.size, arguments.warmup, arguments.steps, arguments.seed)
    machine = {"torch": torch.__version__, "python": platform.python_version(), "threads": arguments.threads}
    print(json.dumps(machine | {"seed": arguments.seed} | result, indent=2))


if __name__ == "__main__":
    main()
