"""Writes the `embeddings` fixture: vectors of texts as transformers computes them, on the models of other fixtures.

`case.json`, for each folder of a model: token ids, and the mean of `AutoModel`'s `last_hidden_state` over them, divided by
its length, in float64.
"""

import torch
import transformers
from transformers import AutoModel

from fixtures import ROOT, deterministic, folder, versions, write_json

MODELS = ["hf_gpt2_tiny/model", "hf_decoder_llama/model"]


def main() -> None:
    deterministic()
    generator = torch.Generator().manual_seed(13)
    cases = []
    for path in MODELS:
        model = AutoModel.from_pretrained(ROOT / path, dtype=torch.float64).eval()
        for length in (1, 5, 13):
            tokens = torch.randint(model.config.vocab_size, (1, length), generator=generator)
            with torch.no_grad():
                mean = model(tokens).last_hidden_state[0].mean(0)
            cases.append({"model": path, "tokens": tokens[0].tolist(), "vector": (mean / mean.norm()).tolist()})
    write_json(folder("embeddings") / "case.json", {"versions": versions(transformers), "cases": cases})


if __name__ == "__main__":
    main()
