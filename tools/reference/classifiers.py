"""Writes the `hf_classifier_*` fixtures: classifiers of texts as transformers saves and runs them.

Each folder holds

    model/               config.json and model.safetensors
    case.json            `loss` and `gradNorm` of the batch
    tensors.safetensors  x i32 [batch, time], padded on the right; lastToken and label i32 [batch]; logits
                         [batch, labels], and `grad.<name>` of the mean cross-entropy
"""

import copy

import torch
import transformers
from torch.nn import functional as F

from decoders import CASES, PAD, VOCAB, make_model
from fixtures import deterministic, folder, versions, write_json, write_tensors

LENGTHS = [9, 4, 7]
LABELS = {0: "calm", 1: "glad", 2: "sad"}
BASES = ["qwen3", "gpt2"]


def make_classifier(name: str) -> transformers.PreTrainedModel:
    """The model of a `hf_decoder_*` fixture with a head for labels in place of the one for tokens."""
    case = next(case for case in CASES if case.name == name)
    base = make_model(case)
    config = copy.deepcopy(base.config)
    config.num_labels = len(LABELS)
    config.id2label, config.label2id = LABELS, {label: i for i, label in LABELS.items()}
    torch.manual_seed(case.seed)
    model = getattr(transformers, f"{case.family}ForSequenceClassification")(config)
    getattr(model, model.base_model_prefix).load_state_dict(base.base_model.state_dict())
    return model.eval()


def write(name: str) -> None:
    single = make_classifier(name)
    path = folder(f"hf_classifier_{name}")
    single.save_pretrained(path / "model")
    model = copy.deepcopy(single).double()
    generator = torch.Generator().manual_seed(7)
    x = torch.randint(1, VOCAB, (len(LENGTHS), max(LENGTHS)), generator=generator)
    lengths = torch.tensor(LENGTHS)
    x[torch.arange(x.shape[1]) >= lengths[:, None]] = PAD
    label = torch.tensor([2, 0, 1])
    logits = model(x, attention_mask=(x != PAD).long()).logits
    loss = F.cross_entropy(logits, label)
    loss.backward()
    grads = {name: parameter.grad for name, parameter in model.named_parameters()}
    norm = torch.linalg.vector_norm(torch.cat([grad.flatten() for grad in grads.values()])).item()
    write_tensors(
        path / "tensors.safetensors",
        {"x": x, "lastToken": lengths - 1, "label": label, "logits": logits}
        | {f"grad.{name}": grad for name, grad in grads.items()},
    )
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/classifiers.py",
            "versions": versions(transformers),
            "loss": loss.item(),
            "gradNorm": norm,
        },
    )
    print(f"{path.name}: loss {loss.item():.3f}")


if __name__ == "__main__":
    deterministic()
    for base in BASES:
        write(base)
