"""Writes the `cnn_training` fixture: ten steps of a small convolutional classifier, by AdamW and by SGD with momentum.

case.json              configuration, optimizers, and per step: loss, gradNorm, lr
init.safetensors       parameters and running statistics before training
batches.safetensors    x f32 [steps, batch, channels, height, width], label i32 [steps, batch]
step0.safetensors      `logits` [batch, labels] in train() and `grad.<name>` before clipping
final.safetensors      after the last step of AdamW: parameters, running statistics, moments, and `evalLogits`, the
                       logits of the first batch in eval()
sgd.safetensors        after the last step of SGD: parameters and running statistics
"""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fixtures import deterministic, float32_normal, folder, versions, write_json, write_tensors
from gpt import cosine_schedule, decay_groups

SEED = 501
STEPS = 10
BATCH = 6
CONFIG = {"numLabels": 3, "imageSize": 9, "imageChannels": 2, "channels": [4, 6]}
SCHEDULE = {"peak": 1e-2, "min": 1e-3, "warmupIters": 3, "decayIters": 10}
ADAMW = {"beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weightDecay": 0.1}
# Clips some of the steps and not others.
SGD = {"learningRate": 0.05, "momentum": 0.9, "gradClip": 3.3}
GRAD_CLIP = 1.0
# Not saved: it counts batches, and matters only where there is no momentum.
COUNTER = "num_batches_tracked"


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        layers, before, size = [], CONFIG["imageChannels"], CONFIG["imageSize"]
        for width in CONFIG["channels"]:
            convolution = nn.Conv2d(before, width, 3, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
            before, size = width, size // 2
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(before * size * size, CONFIG["numLabels"])

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in model.state_dict().items() if not name.endswith(COUNTER)}


def init_weights(model: Classifier, generator: torch.Generator) -> None:
    """Numbers that float32 holds exactly, scales and statistics away from 1 and 0, where errors would hide."""
    with torch.no_grad():
        for name, tensor in tensors_of(model).items():
            noise = float32_normal(generator, *tensor.shape, scale=0.1 if tensor.dim() == 1 else 0.3)
            around = 1.0 if name.endswith("running_var") or (tensor.dim() == 1 and name.endswith("weight")) else 0.0
            tensor.copy_((noise + around).float())


def backward(model: Classifier, batches: dict[str, Tensor], step: int) -> tuple[float, Tensor]:
    model.zero_grad(set_to_none=True)
    logits = model(batches["x"][step].to(next(model.parameters()).dtype))
    loss = F.cross_entropy(logits, batches["label"][step])
    loss.backward()
    return loss.item(), logits.detach()


def train(
    model: Classifier,
    batches: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    learning_rate: Callable[[int], float],
    grad_clip: float,
) -> list[dict]:
    model.train()
    records = []
    for step in range(STEPS):
        lr = learning_rate(step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        loss, _ = backward(model, batches, step)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip).item()
        optimizer.step()
        records.append({"loss": loss, "gradNorm": norm, "lr": lr})
    return records


def train_adamw(model: Classifier, batches: dict[str, Tensor]) -> tuple[list[dict], torch.optim.AdamW]:
    groups = decay_groups(model, ADAMW["weightDecay"])
    betas = (ADAMW["beta1"], ADAMW["beta2"])
    optimizer = torch.optim.AdamW(groups, lr=SCHEDULE["peak"], betas=betas, eps=ADAMW["eps"])
    return train(
        model, batches, optimizer, lambda step: cosine_schedule(step, *SCHEDULE.values()), GRAD_CLIP
    ), optimizer


def train_sgd(model: Classifier, batches: dict[str, Tensor]) -> list[dict]:
    optimizer = torch.optim.SGD(model.parameters(), lr=SGD["learningRate"], momentum=SGD["momentum"])
    return train(model, batches, optimizer, lambda _: SGD["learningRate"], SGD["gradClip"])


def check_attainable(reference: dict[str, Tensor], got: dict[str, Tensor], norm: float) -> None:
    """PyTorch's own float32 must pass the rule that backends are held to, or the rule asks the impossible."""
    for name, expected in reference.items():
        error = (got[name].double() - expected).abs().max()
        bound = 1e-4 * expected.abs().max() + 1e-7 * norm
        assert error <= bound, f"{name}: float32 is off by {error:.3e}, allowed {bound:.3e}"


def drift(records: list[dict], records32: list[dict]) -> float:
    found = max(abs(a["loss"] - b["loss"]) for a, b in zip(records, records32, strict=True))
    assert found < 2e-6, f"float32 losses drift by {found}"
    return found


if __name__ == "__main__":
    deterministic()
    generator = torch.Generator().manual_seed(SEED)
    single = Classifier().train()
    init_weights(single, generator)
    image = [CONFIG["imageChannels"], CONFIG["imageSize"], CONFIG["imageSize"]]
    batches = {
        "x": float32_normal(generator, STEPS, BATCH, *image).float(),
        "label": torch.randint(CONFIG["numLabels"], (STEPS, BATCH), generator=generator),
    }
    double = copy.deepcopy(single).double()
    path = folder("cnn_training")
    write_tensors(path / "init.safetensors", tensors_of(single))
    write_tensors(path / "batches.safetensors", batches)

    grads = {}
    for name, model in (("double", copy.deepcopy(double)), ("single", copy.deepcopy(single))):
        loss, logits = backward(model, batches, 0)
        grads[name] = {"logits": logits} | {f"grad.{n}": p.grad for n, p in model.named_parameters()}
        if name == "double":
            loss0 = loss
    norm = torch.linalg.vector_norm(
        torch.cat([g.flatten() for n, g in grads["double"].items() if n != "logits"])
    ).item()
    check_attainable(grads["double"], grads["single"], norm)
    write_tensors(path / "step0.safetensors", grads["double"])

    sgd, sgd32 = copy.deepcopy(double), copy.deepcopy(single)
    sgd_records, sgd_records32 = train_sgd(sgd, batches), train_sgd(sgd32, batches)
    check_attainable(tensors_of(sgd), tensors_of(sgd32), sgd_records[-1]["gradNorm"])
    write_tensors(path / "sgd.safetensors", tensors_of(sgd))

    records, optimizer = train_adamw(double, batches)
    records32, _ = train_adamw(single, batches)
    assert records[0]["loss"] == loss0
    check_attainable(tensors_of(double), tensors_of(single), records[-1]["gradNorm"])
    moments = {
        f"{moment}.{name}": optimizer.state[parameter][moment]
        for moment in ("exp_avg", "exp_avg_sq")
        for name, parameter in double.named_parameters()
    }
    with torch.no_grad():
        evaluated = double.eval()(batches["x"][0].double())
    write_tensors(path / "final.safetensors", tensors_of(double) | moments | {"evalLogits": evaluated})
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/cnn_training.py",
            "versions": versions(),
            "seed": SEED,
            "config": CONFIG,
            "batch": {"steps": STEPS, "batchSize": BATCH},
            "optimizer": {"name": "adamw", **ADAMW, "schedule": SCHEDULE, "gradClip": GRAD_CLIP},
            "steps": records,
            "lossesFloat32": [record["loss"] for record in records32],
            "sgd": SGD | {"steps": [{key: r[key] for key in ("loss", "gradNorm")} for r in sgd_records]},
        },
    )
    drifts = (drift(records, records32), drift(sgd_records, sgd_records32))
    print(
        f"{path.name}: loss {records[0]['loss']:.4f} to {records[-1]['loss']:.4f}, float32 drifts by {max(drifts):.1e}"
    )
    print("gradient norms of SGD", [round(record["gradNorm"], 2) for record in sgd_records])
