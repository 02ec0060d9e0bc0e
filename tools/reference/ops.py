"""Writes the `ops` fixture: values and gradients of single operations.

In `tensors.safetensors` a case's tensors are `<case>.<input>`, `<case>.output`, `<case>.dOutput` (the gradient that
comes in from above) and `<case>.grad.<input>`. `case.json` lists each case's operation, inputs and attributes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from fixtures import deterministic, float32_normal, folder, versions, write_json, write_tensors

SEED = 301
EPSILON = 1e-5
IGNORE_INDEX = -100


@dataclass(frozen=True)
class Case:
    name: str
    op: str
    inputs: dict[str, Tensor]
    forward: Callable[..., Tensor]
    attributes: dict = field(default_factory=dict)


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets.long(), ignore_index=IGNORE_INDEX, reduction="none")


def cases() -> list[Case]:
    generator = torch.Generator().manual_seed(SEED)

    def normal(*shape: int, scale: float = 1.0) -> Tensor:
        return float32_normal(generator, *shape, scale=scale)

    # From where erf and tanh are saturated to where they are nearly linear, zero included.
    activation = torch.cat([torch.linspace(-8, 8, 33), torch.tensor([-1e-4, 1e-4, 0.5])]).double()
    # A row whose exponentials overflow float32 unless the maximum is subtracted, and a row of equal entries.
    rows = torch.cat([normal(2, 3, 7, scale=2.0), normal(1, 3, 7) + 200.0, torch.full((1, 3, 7), -3.0)])
    rows = rows.float().double()
    targets = torch.tensor([0, 6, IGNORE_INDEX, 3, 3, IGNORE_INDEX])
    # Rows 2 and 5 several times over, 0 once, and some rows never.
    ids = torch.tensor([[2, 5, 2, 0], [5, 2, 8, 2]])
    eps = {"eps": EPSILON}

    def layer_norm(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return F.layer_norm(x, weight.shape, weight, bias, EPSILON)

    def rms_norm(x: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(x, weight.shape, weight, EPSILON)

    x, weight, bias = normal(2, 3, 8, scale=3.0), normal(8) + 1.0, normal(8)
    weight = weight.float().double()
    # A mean that dwarfs the deviation: E[x²] - E[x]² in float32 would leave three digits of it.
    offset = (normal(4, 8) + 100.0).float().double()

    def rope(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        # As transformers writes it, with tables of full width.
        rotated, _ = apply_rotary_pos_emb(x, x, torch.cat([cos, cos], -1)[None], torch.cat([sin, sin], -1)[None])
        return rotated

    def qkv(*shape: int) -> dict[str, Tensor]:
        return {name: normal(*shape) for name in ("q", "k", "v")}

    earlier = [
        Case("layer_norm", "layerNorm", {"x": x, "weight": weight, "bias": bias}, layer_norm, eps),
        Case("layer_norm_no_bias", "layerNorm", {"x": x, "weight": weight}, layer_norm, eps),
        Case("layer_norm_offset", "layerNorm", {"x": offset, "weight": weight, "bias": bias}, layer_norm, eps),
        Case("rms_norm", "rmsNorm", {"x": x, "weight": weight}, rms_norm, eps),
        Case("gelu", "gelu", {"x": activation}, F.gelu, {"approximate": "none"}),
        Case("gelu_tanh", "gelu", {"x": activation}, lambda x: F.gelu(x, approximate="tanh"), {"approximate": "tanh"}),
        Case("silu", "silu", {"x": activation}, F.silu),
        Case("rope", "rope", {"x": normal(2, 3, 5, 8), "cos": normal(5, 4), "sin": normal(5, 4)}, rope),
        Case("softmax", "softmax", {"x": rows}, lambda x: x.softmax(-1), {"axis": -1}),
        Case("log_softmax", "logSoftmax", {"x": rows}, lambda x: x.log_softmax(-1), {"axis": -1}),
        Case(
            "cross_entropy",
            "softmaxCrossEntropy",
            {"logits": normal(6, 7, scale=2.0), "targets": targets},
            cross_entropy,
            {"ignoreIndex": IGNORE_INDEX, "reduction": "none"},
        ),
        Case("attention", "scaledDotProductAttention", qkv(2, 2, 5, 4), attention, {"causal": True}),
        Case("attention_one_token", "scaledDotProductAttention", qkv(1, 2, 1, 4), attention, {"causal": True}),
        Case(
            "embedding", "embedding", {"weight": normal(9, 4), "ids": ids}, lambda weight, ids: F.embedding(ids, weight)
        ),
        Case("mse", "mse", {"x": normal(3, 4), "target": normal(3, 4)}, F.mse_loss, {"reduction": "mean"}),
    ]
    # Drawn after all the others, whose values stay as they are.
    return earlier + image_cases(normal)


def convolution(name: str, x: Tensor, weight: Tensor, stride: list[int], padding: list[int]) -> Case:
    def forward(x: Tensor, weight: Tensor) -> Tensor:
        return F.conv2d(x, weight, stride=stride, padding=padding)

    return Case(name, "conv2d", {"x": x, "weight": weight}, forward, {"stride": stride, "padding": padding})


def pooling(name: str, op: str, x: Tensor, kernel: list[int], stride: list[int], padding: list[int]) -> Case:
    function = {"maxPool2d": F.max_pool2d, "avgPool2d": F.avg_pool2d}[op]

    def forward(x: Tensor) -> Tensor:
        return function(x, kernel, stride, padding)

    return Case(name, op, {"x": x}, forward, {"kernel": kernel, "stride": stride, "padding": padding})


def batch_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=EPSILON)


def batch_norm_eval(x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return F.batch_norm(x, mean.detach(), variance.detach(), weight, bias, training=False, eps=EPSILON)


def image_cases(normal: Callable[..., Tensor]) -> list[Case]:
    # Whole numbers: most windows have several largest elements, and PyTorch sends the gradient to the first.
    steps = normal(2, 3, 7, 6, scale=1.5).round()
    affine = {"weight": normal(3), "bias": normal(3)}
    statistics = {"mean": normal(3), "variance": normal(3).square().float().double()}
    offset = (normal(4, 3, 5, 2) + 100.0).float().double()
    eps = {"eps": EPSILON}
    return [
        convolution("conv2d", normal(2, 3, 6, 5), normal(4, 3, 3, 3), [1, 1], [0, 0]),
        convolution("conv2d_padded", normal(2, 1, 5, 7), normal(2, 1, 3, 5), [1, 1], [1, 2]),
        convolution("conv2d_strided", normal(2, 2, 8, 7), normal(3, 2, 3, 2), [2, 3], [1, 0]),
        convolution("conv2d_1x1", normal(1, 4, 3, 3), normal(2, 4, 1, 1), [2, 2], [0, 0]),
        pooling("max_pool2d", "maxPool2d", normal(2, 3, 6, 8), [2, 2], [2, 2], [0, 0]),
        pooling("max_pool2d_ties", "maxPool2d", steps, [3, 2], [2, 1], [1, 1]),
        pooling("avg_pool2d", "avgPool2d", normal(2, 3, 6, 8), [2, 2], [2, 2], [0, 0]),
        pooling("avg_pool2d_padded", "avgPool2d", normal(2, 3, 7, 6), [3, 2], [2, 1], [1, 1]),
        Case("batch_norm", "batchNorm", {"x": normal(4, 3, 5, 2, scale=3.0)} | affine, batch_norm, eps),
        Case("batch_norm_offset", "batchNorm", {"x": offset} | affine, batch_norm, eps),
        Case("batch_norm_rows", "batchNorm", {"x": normal(6, 3)} | affine, batch_norm, eps),
        Case("batch_norm_eval", "batchNorm", {"x": normal(4, 3, 5, 2)} | affine | statistics, batch_norm_eval, eps),
    ]


def run(case: Case, dtype: torch.dtype, d_output: Tensor | None = None) -> dict[str, Tensor]:
    """Output and input gradients, computed in `dtype`; without `d_output`, the output alone."""
    inputs = {
        name: tensor.to(dtype, copy=True).requires_grad_() if tensor.is_floating_point() else tensor
        for name, tensor in case.inputs.items()
    }
    output = case.forward(*inputs.values())
    if d_output is None:
        return {"output": output}
    output.backward(d_output.to(dtype))
    grads = {f"grad.{name}": tensor.grad for name, tensor in inputs.items() if tensor.grad is not None}
    return {"output": output} | grads


def evaluate(case: Case, generator: torch.Generator) -> dict[str, Tensor]:
    for name, tensor in case.inputs.items():
        if tensor.is_floating_point():
            assert torch.equal(tensor, tensor.float().double()), f"{case.name}.{name} is not exact in float32"
    d_output = float32_normal(generator, *run(case, torch.float64)["output"].shape)
    expected = run(case, torch.float64, d_output)
    # PyTorch's own float32 must pass the rule that backends are held to, or the rule asks the impossible.
    for name, actual in run(case, torch.float32, d_output).items():
        error, bound = (actual - expected[name]).abs().max(), 1e-4 * expected[name].abs().max() + 1e-7
        assert error <= bound, f"{case.name}.{name}: float32 is off by {error:.3e}, allowed {bound:.3e}"
    return {f"{case.name}.{name}": t for name, t in (case.inputs | {"dOutput": d_output} | expected).items()}


if __name__ == "__main__":
    deterministic()
    generator = torch.Generator().manual_seed(SEED + 1)
    tensors, listed = {}, []
    for case in cases():
        tensors |= evaluate(case, generator)
        listed.append({"name": case.name, "op": case.op, "inputs": list(case.inputs), "attributes": case.attributes})
    path = folder("ops")
    write_tensors(path / "tensors.safetensors", tensors)
    write_json(
        path / "case.json",
        {"generator": "tools/reference/ops.py", "versions": versions(), "seed": SEED, "cases": listed},
    )
    print(f"{path.name}: {len(listed)} cases, {len(tensors)} tensors")
