"""Loads a model and an adapter with peft, and prints the logits for some tokens, as JSON.

    python adapter_logits.py MODEL ADAPTER TOKENS.json

TOKENS.json has rows of token ids of one length. Run by `tools/travel/page-adapter.js`; no test needs it.
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers


def main() -> int:
    base, adapter, tokens = map(Path, sys.argv[1:])
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, local_files_only=True)
    model = peft.PeftModel.from_pretrained(model, adapter)
    model.eval()
    with torch.no_grad():
        logits = model(torch.tensor(json.loads(tokens.read_text()))).logits
    versions = {module.__name__: module.__version__ for module in (torch, transformers, peft)}
    print(json.dumps({"versions": versions, "logits": logits.flatten().tolist()}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
