"""Loads a folder that attune wrote with transformers, and prints what it computes, as JSON.

    python check_roundtrip.py RUN/final [--ids 1,2,3] [--generate N]

Exits with 1 when a key is missing, unexpected or of another shape. Run by hand; no test needs it.
"""

import argparse
import json
from pathlib import Path

import torch
import transformers


def parse_ids(text: str) -> list[int]:
    return [int(part) for part in text.replace(",", " ").split()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--ids", type=parse_ids, default=[0, 1, 2, 3], help="one sequence of token ids (default 0,1,2,3)"
    )
    parser.add_argument("--generate", type=int, default=0, metavar="N", help="also decode N tokens greedily")
    arguments = parser.parse_args()
    # A path that is not a folder would be taken for the name of a model to download.
    if not arguments.folder.is_dir():
        parser.error(f"{arguments.folder} is not a folder")

    config = transformers.AutoConfig.from_pretrained(arguments.folder, local_files_only=True)
    (architecture,) = config.architectures
    model, info = getattr(transformers, architecture).from_pretrained(
        arguments.folder, dtype=torch.float32, output_loading_info=True, local_files_only=True
    )
    model.eval()
    problems = {key: sorted(map(str, value)) for key, value in info.items() if value}
    head = model.get_output_embeddings()
    result = {
        "architecture": architecture,
        "problems": problems,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "tied": head is not None and head.weight is model.get_input_embeddings().weight,
        "ids": arguments.ids,
    }
    ids = torch.tensor([arguments.ids])
    with torch.no_grad():
        result["logits"] = model(ids).logits[0].tolist()
        if arguments.generate:
            tokens = list(arguments.ids)
            for _ in range(arguments.generate):
                window = torch.tensor([tokens[-config.max_position_embeddings :]])
                tokens.append(model(window).logits[0, -1].argmax().item())
            result["greedy"] = tokens[len(arguments.ids) :]
    print(json.dumps(result))
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
