"""Writes every fixture again, and says how large they are together.

    python generate.py [RANKS]

RANKS is what gpt2_bpe.py takes; without it that one fixture is left as it is.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from fixtures import ROOT

GENERATORS = [
    "ops.py",
    "adamw.py", "outer_steps.py",
    "gpt2_training.py",
    "cnn_training.py",
    "hf_gpt2.py",
    "decoders.py",
    "classifiers.py",
    "rope.py",
    "dropouts.py",
    "peft_adapters.py", "peft_heads.py", "module_patterns.py", "finetuning.py", "storage_types.py",
    "nanogpt_prepare.py",
    "tiny_tokenizers.py",
    "tokenizer_steps.py",
    "split_patterns.py",
    "tokenizer_decoding.py",
    "bpe_training.py",
    "saved_tokens.py", "embeddings.py",
    "precompiled.py",
    "gguf_files.py",
    "chat_templates.py",
    "jinja_grid.py",
]


def run(script: str, *arguments: str) -> None:
    subprocess.run([sys.executable, Path(__file__).with_name(script), *arguments], check=True)


def pretraining() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", Path(__file__).with_name("initial_weights.js"), folder], check=True)
        run("pretraining.py", folder)


if __name__ == "__main__":
    for generator in GENERATORS:
        run(generator)
    pretraining()
    if sys.argv[1:]:
        run("gpt2_bpe.py", *sys.argv[1:])
    total = sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file())
    print(f"{total / 1e6:.2f} MB in {ROOT}")
