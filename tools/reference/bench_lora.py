"""peft's LoRA step of rank 8 on random tokens, T 256, B 1, and the process's peak memory, as one JSON object:

    python bench_lora.py --threads 2                                   GPT-2 124M, random weights, f32
    python bench_lora.py --threads 2 --model FOLDER --dtype bfloat16   the model of a folder, its base in bf16

peft's default holds adapters of a bf16 base in f32 (`autocast_adapter_dtype`), and casts activations at each of them; sums of the base are
what PyTorch makes of bf16. `--write-llama FOLDER` writes Llama-3.2-1B's shape with random bf16 weights, in shards (2.5 GB).
"""

import argparse
import json
import resource
import statistics
import time
from pathlib import Path

import peft
import safetensors.torch
import torch
import transformers

CLIP = 1.0


def write_llama(folder: Path) -> None:
    """Random weights of the shape of Llama-3.2-1B, without its scaling of rotary positions, in shards of 1 GB."""
    config = transformers.LlamaConfig(
        vocab_size=128256,
        hidden_size=2048,
        intermediate_size=8192,
        num_hidden_layers=16,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=64,
        max_position_embeddings=4096,
        rms_norm_eps=1e-5,
        rope_theta=500000.0,
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        shapes = {name: p.shape for name, p in transformers.LlamaForCausalLM(config).named_parameters()}
    generator = torch.Generator().manual_seed(1)

    def values(shape: torch.Size) -> torch.Tensor:
        # Scales of norms are 1, as in a model that is not trained.
        wide = torch.ones(shape) if len(shape) == 1 else torch.empty(shape).normal_(std=0.02, generator=generator)
        return wide.to(torch.bfloat16)

    config.dtype = torch.bfloat16
    config.architectures = ["LlamaForCausalLM"]
    config.save_pretrained(folder)
    names, shards, weight_map = list(shapes), 3, {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = names[shard * len(names) // shards : (shard + 1) * len(names) // shards]
        safetensors.torch.save_file({name: values(shapes[name]) for name in part}, folder / file, {"format": "pt"})
        weight_map |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def load(folder: str | None, dtype: torch.dtype) -> tuple[torch.nn.Module, list[str]]:
    if folder is not None:
        return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype), ["q_proj", "v_proj"]
    torch.manual_seed(1)
    dropouts = {name: 0.0 for name in ("resid_pdrop", "embd_pdrop", "attn_pdrop")}
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**dropouts)).to(dtype), ["c_attn"]


def train_step(model: torch.nn.Module, optimizer: torch.optim.Optimizer, tokens: torch.Tensor) -> float:
    logits = model(tokens[:, :-1], use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], CLIP)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-llama", type=Path, metavar="FOLDER")
    parser.add_argument("--model", help="folder; default: GPT-2 124M with random weights")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--block-size", type=int, default=256)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--gradient-checkpointing", action="store_true")
    arguments = parser.parse_args()
    if arguments.write_llama:
        write_llama(arguments.write_llama)
        return
    torch.set_num_threads(arguments.threads)
    base, targets = load(arguments.model, getattr(torch, arguments.dtype))
    if arguments.gradient_checkpointing:
        base.gradient_checkpointing_enable()
        base.enable_input_require_grads()
    # GPT-2's weights are stored [in, out].
    layout = {"fan_in_fan_out": arguments.model is None}
    model = peft.get_peft_model(base, peft.LoraConfig(r=8, lora_alpha=16, target_modules=targets, **layout))
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
    generator = torch.Generator().manual_seed(1337)
    milliseconds = []
    for step in range(arguments.warmup + arguments.steps):
        shape = (1, arguments.block_size + 1)
        tokens = torch.randint(base.config.vocab_size, shape, generator=generator)
        start = time.perf_counter()
        loss = train_step(model, optimizer, tokens)
        if step >= arguments.warmup:
            milliseconds.append(1000 * (time.perf_counter() - start))
    report = {
        "torch": torch.__version__,
        "peft": peft.__version__,
        "parameters": sum(p.numel() for p in model.parameters()),
        "adapters": str(trained[0].dtype),
        "stepMs": {"median": statistics.median(milliseconds), "min": min(milliseconds)},
        "peakRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "loss": loss,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
