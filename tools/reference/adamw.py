"""Writes the `adamw` fixture: one tensor, five steps on given gradients, under AdamW and under SGD with momentum.

`tensors.safetensors` holds `param` [3, 5] before the first step, `grad` [steps, 3, 5], and after every step
`<optimizer>.param`, `<optimizer>.exp_avg`, `<optimizer>.exp_avg_sq` or `<optimizer>.momentum_buffer` [steps, 3, 5].
"""

import torch
from torch import Tensor

from fixtures import deterministic, float32_normal, folder, versions, write_json, write_tensors

SEED = 201
STEPS = 5
# The learning rate changes from step to step: one baked into a program as a constant would be caught.
LEARNING_RATES = [1e-2, 2e-2, 3e-2, 2e-2, 1e-2]
# An epsilon large enough to tell whether it is added before or after the root, and before or after the bias correction.
OPTIMIZERS = {
    "adamw": {"beta1": 0.9, "beta2": 0.95, "eps": 1e-3, "weightDecay": 0.1},
    "adamw_no_decay": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weightDecay": 0.0},
    "sgd": {"momentum": 0.9},
}


def make(name: str, parameter: Tensor) -> torch.optim.Optimizer:
    options = OPTIMIZERS[name]
    if name == "sgd":
        return torch.optim.SGD([parameter], lr=0.0, momentum=options["momentum"])
    betas = (options["beta1"], options["beta2"])
    return torch.optim.AdamW([parameter], lr=0.0, betas=betas, eps=options["eps"], weight_decay=options["weightDecay"])


def trajectory(name: str, initial: Tensor, grads: Tensor) -> dict[str, Tensor]:
    """The parameter and the optimizer's state after every step, stacked."""
    parameter = initial.clone().requires_grad_()
    optimizer = make(name, parameter)
    history: dict[str, list[Tensor]] = {}
    for grad, lr in zip(grads, LEARNING_RATES, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        parameter.grad = grad.clone()
        optimizer.step()
        values = {"param": parameter} | {k: v for k, v in optimizer.state[parameter].items() if k != "step"}
        for key, value in values.items():
            history.setdefault(f"{name}.{key}", []).append(value.detach().clone())
    return {key: torch.stack(values) for key, values in history.items()}


if __name__ == "__main__":
    deterministic()
    generator = torch.Generator().manual_seed(SEED)
    initial = float32_normal(generator, 3, 5)
    # Gradients of very different magnitude, one of them zero throughout.
    scale = torch.logspace(-4, 0, 15).reshape(3, 5)
    scale[0, 0] = 0
    grads = torch.stack([(float32_normal(generator, 3, 5) * scale).float().double() for _ in range(STEPS)])

    tensors = {"param": initial, "grad": grads}
    for name in OPTIMIZERS:
        tensors |= trajectory(name, initial, grads)
    path = folder("adamw")
    write_tensors(path / "tensors.safetensors", tensors)
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/adamw.py",
            "versions": versions(),
            "seed": SEED,
            "learningRates": LEARNING_RATES,
            "optimizers": OPTIMIZERS,
        },
    )
    print(f"{path.name}: {', '.join(OPTIMIZERS)}")
