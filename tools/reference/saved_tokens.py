"""Writes `ids.json` of the `saved_tokens` fixture: the ids that transformers gives with tokenizers that attune saves.

The folders beside it, one for each tokenizer of attune's own, hold the files that a saved model has. A test compares them
with what attune writes; where that changes, put the new files there and run this again.
"""

import tokenizers
import transformers
from transformers import AutoTokenizer

from fixtures import folder, versions, write_json

STRINGS = ["", " ", "the cat sat", "Once there was", "tab\tand\n\n  lines ", "a , b . c's", "é ü 🙂 日本", "<|endoftext|>", "\ufeffmark"]


def main() -> None:
    root = folder("saved_tokens")
    cases = {}
    for path in sorted(path for path in root.iterdir() if path.is_dir()):
        tokenizer = AutoTokenizer.from_pretrained(path)
        # A character that the vocabulary lacks, transformers leaves out; attune refuses the text.
        known = [text for text in STRINGS if tokenizer.decode(tokenizer(text)["input_ids"]) == text]
        cases[path.name] = [{"text": text, "ids": tokenizer(text)["input_ids"]} for text in known]
    write_json(root / "ids.json", {"versions": versions(tokenizers, transformers), "cases": cases})


if __name__ == "__main__":
    main()
