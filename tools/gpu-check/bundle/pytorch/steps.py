"""PyTorch's side of the check: training steps and decoding of the same shapes, on the same GPU.

Reads one request a line, `{ id, do, ... }`, and writes lines of `{ id, result }` or `{ id, error }`, as app/worker.js does.
"""

from __future__ import annotations

import gc
import json
import math
import os
import platform
import sys
import time
import traceback
import warnings

import torch

from decoding import Decoding
from training import Training, config_of

opened: Training | Decoding | None = None
"""What is open: one model at a time."""


def describe(device: str) -> dict:
    about = {"torch": torch.__version__, "python": platform.python_version(), "device": device}
    if device == "cpu":
        return about | {"name": platform.processor() or platform.machine(), "threads": torch.get_num_threads()}
    if not torch.cuda.is_available():
        raise RuntimeError(f"PyTorch {torch.__version__} (CUDA {torch.version.cuda}) sees no GPU")
    major, minor = torch.cuda.get_device_capability()
    # A build without kernels for this GPU is seen with the first of them, and cuBLAS with a product.
    ones = torch.ones(64, 64, device=device)
    (ones @ ones).sum().item()
    return about | {
        "name": torch.cuda.get_device_name(),
        "cuda": torch.version.cuda,
        "capability": f"{major}.{minor}",
        "memoryBytes": torch.cuda.get_device_properties(0).total_memory,
    }


def try_compiler(device: str) -> dict:
    """Compiles next to nothing: it needs Triton, a C compiler and Python's headers, any of which may be missing."""
    try:
        compiled = torch.compile(lambda x: (x * 2 + 1).sum())
        found = compiled(torch.ones(1000, device=device)).item()
        if found != 3000:
            raise RuntimeError(f"a compiled sum is {found}, and not 3000")
    finally:
        reset_compiler()
    return {}


def reset_compiler() -> None:
    """Drops what was compiled. The compiler is loaded by the first compilation only, which takes its time."""
    if "torch._dynamo" in sys.modules:
        torch._dynamo.reset()


def free_memory() -> None:
    # Models are in cycles, compiled ones the more.
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def close() -> dict:
    """Frees the model, and what was compiled of it."""
    global opened
    if opened is not None:
        opened = None
        reset_compiler()
        free_memory()
    return {}


def open_training(**options) -> dict:
    """Makes a model and takes its first step, which compiles it."""
    global opened
    close()
    began = time.perf_counter()
    options["batch_size"] = options.pop("batchSize")
    opened = Training(**options)
    loss = opened.step()
    first_step_ms = 1000 * (time.perf_counter() - began)
    # What compiling took for a moment is no part of a step.
    if opened.device != "cpu":
        torch.cuda.reset_peak_memory_stats()
    return {
        "parameters": {
            "total": sum(p.numel() for p in opened.parameters),
            "trainable": sum(p.numel() for p in opened.trained),
        },
        "firstStepMs": first_step_ms,
        "firstLoss": loss,
    }


def peak_bytes() -> int | None:
    return None if opened.device == "cpu" else torch.cuda.max_memory_allocated()


def time_steps(count: int) -> dict:
    milliseconds, loss = [], math.nan
    for _ in range(count):
        start = time.perf_counter()
        loss = opened.step()
        milliseconds.append(1000 * (time.perf_counter() - start))
    return {"stepMs": milliseconds, "loss": loss, "peakBytes": peak_bytes()}


def open_decoding(config: dict, **options) -> dict:
    """Makes a model and decodes a few tokens, which compiles it: the third runs as all others will."""
    global opened
    close()
    opened = Decoding(config=config_of(config), **options)
    opened.decode(5)
    if opened.device != "cpu":
        torch.cuda.reset_peak_memory_stats()
    return {"graphsSkipped": opened.graphs_skipped()}


def decode_tokens(count: int) -> dict:
    return opened.decode(count) | {"peakBytes": peak_bytes()}


def compare_tokens(expected: list[int]) -> dict:
    return {"others": opened.compare(expected)}


REQUESTS = {
    "describe": describe,
    "tryCompiler": try_compiler,
    "openTraining": open_training,
    "timeSteps": time_steps,
    "openDecoding": open_decoding,
    "decodeTokens": decode_tokens,
    "compareTokens": compare_tokens,
    "close": close,
}


def answer_to(name: str, options: dict) -> dict:
    try:
        return {"result": REQUESTS[name](**options)}
    except Exception as error:
        return {"error": {"message": f"{type(error).__name__}: {error}", "stack": traceback.format_exc()}}


def main() -> None:
    # What libraries print to stdout must not get between the lines of the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    warnings.filterwarnings("ignore")
    for line in sys.stdin:
        request = json.loads(line)
        number, name = request.pop("id"), request.pop("do")
        answer = answer_to(name, request)
        # After an error, often for want of memory, nothing stays on the GPU that the other side could need.
        if "error" in answer:
            try:
                close()
                free_memory()
            except Exception:
                # CUDA may answer every call with the first error, which is told of already.
                traceback.print_exc()
        print(json.dumps({"id": number} | answer), file=answers)


main()
