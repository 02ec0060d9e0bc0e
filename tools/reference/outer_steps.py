"""Writes the `outer_steps` fixture: rounds of local steps, brought together by `torch.optim.SGD(nesterov=True)`.

`case.json` holds a parameter of five numbers before the first round, those that three workers have after each round, the
settings of the outer optimizer, and the parameter that it makes of them: the gradient is the parameter before the round,
less the mean of the workers' (Douillard et al., "DiLoCo", arXiv 2311.08105, algorithm 1).
"""

import torch

from fixtures import deterministic, float32_normal, folder, versions, write_json

SEED = 207
ROUNDS = 4
WORKERS = 3
LEARNING_RATE = 0.7
MOMENTUM = 0.9

if __name__ == "__main__":
    deterministic()
    generator = torch.Generator().manual_seed(SEED)
    initial = float32_normal(generator, 5)
    workers = torch.stack([torch.stack([float32_normal(generator, 5) for _ in range(WORKERS)]) for _ in range(ROUNDS)])
    parameter = initial.clone().requires_grad_()
    outer = torch.optim.SGD([parameter], lr=LEARNING_RATE, momentum=MOMENTUM, nesterov=True)
    after = []
    for values in workers:
        parameter.grad = parameter.detach() - values.mean(dim=0)
        outer.step()
        after.append(parameter.detach().tolist())
    write_json(
        folder("outer_steps") / "case.json",
        {
            "generator": "tools/reference/outer_steps.py",
            "versions": versions(),
            "seed": SEED,
            "learningRate": LEARNING_RATE,
            "momentum": MOMENTUM,
            "initial": initial.tolist(),
            "workers": workers.tolist(),
            "after": after,
        },
    )
    print(f"outer_steps: {ROUNDS} rounds of {WORKERS} workers")
