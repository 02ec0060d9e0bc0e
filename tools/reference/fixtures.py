"""Where fixtures go and how they are written.

A fixture is a folder with `case.json` (configuration, seeds, versions, expected scalars) and safetensors files. Inputs
are float32 to begin with; everything expected is computed from them in float64 and stored as float32 tensors or, for
scalars, as JSON numbers in full float64 precision.
"""

import json
import platform
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2] / "packages" / "backend-testkit" / "fixtures"


def deterministic() -> None:
    """One thread and deterministic kernels, so that a second run writes the same bytes."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def folder(name: str) -> Path:
    path = ROOT / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def versions(*modules) -> dict[str, str]:
    """The versions a fixture was made with; pass further modules it depended on."""
    found = {"python": platform.python_version()}
    for module in (torch, safetensors, *modules):
        found[module.__name__] = module.__version__
    return found


def storable(tensor: Tensor) -> Tensor:
    """float64 as float32, int64 as int32, contiguous and detached."""
    dtype = {torch.float64: torch.float32, torch.int64: torch.int32}.get(tensor.dtype, tensor.dtype)
    return tensor.detach().to(dtype).contiguous().clone()


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    save_file({name: storable(tensor) for name, tensor in tensors.items()}, path)


def write_json(path: Path, value: dict) -> None:
    # Python prints a float as the shortest decimal that reads back as the same float64.
    path.write_text(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=True) + "\n", encoding="utf-8")


def float32_normal(generator: torch.Generator, *shape: int, scale: float = 1.0) -> Tensor:
    """Normal noise that float32 represents exactly, as float64."""
    return (torch.randn(shape, generator=generator, dtype=torch.float32) * scale).double()


def save_adapter(model, path: Path) -> None:
    """As peft saves it, without what differs from machine to machine: where the base model lay, the order of a set."""
    model.save_pretrained(path)
    (path / "README.md").unlink(missing_ok=True)
    config = json.loads((path / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = None
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    write_json(path / "adapter_config.json", config)
