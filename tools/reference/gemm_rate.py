"""Rates of PyTorch's matrix products on one thread, in GFLOP/s, at the shapes of `tools/bench/src/machine/gemm-rate.ts`.

    python3 tools/reference/gemm_rate.py

For AVX2, set ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 ONEDNN_MAX_CPU_ISA=AVX2.
"""

import json
import time

import torch

LAYERS = {
    "S": [(768, 128, outputs) for outputs in (128, 384, 512)],
    "M": [(1024, 384, outputs) for outputs in (384, 1152, 1536)],
    "124M": [(256, 768, outputs) for outputs in (768, 2304, 3072)],
}
# Repetitions of a product in a run, and runs, of which the fastest counts.
REPETITIONS, RUNS = 8, 12


def rate(a: torch.Tensor, b: torch.Tensor) -> float:
    """GFLOP/s of a · b."""
    out = a @ b
    best = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(REPETITIONS):
            torch.mm(a, b, out=out)
        best = min(best, (time.perf_counter() - start) / REPETITIONS)
    return round(2 * a.shape[0] * a.shape[1] * b.shape[1] / best / 1e9, 1)


def main() -> None:
    torch.set_num_threads(1)
    for size, shapes in LAYERS.items():
        for rows, inputs, outputs in shapes:
            x, w, dy = torch.randn(rows, inputs), torch.randn(inputs, outputs), torch.randn(rows, outputs)
            rates = {"forward": rate(x, w), "dX": rate(dy, w.t()), "dW": rate(x.t(), dy)}
            print(json.dumps({"size": size, "rows": rows, "inputs": inputs, "outputs": outputs, **rates}))


if __name__ == "__main__":
    main()
