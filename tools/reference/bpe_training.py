"""Writes the `bpe_training` fixture: what tokenizers' BpeTrainer learns from texts, with the byte-level alphabet.

The texts are drawn from few characters, so that pairs are equally frequent, overlap, and make the same token in two ways:
the order of the merges depends on how a trainer breaks ties.
"""

import json
import random

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from fixtures import folder, versions, write_json

ALPHABETS = ["ab", "abc ", "aab \n", "abcdé 1'", " \n\tab.", "日本語の🙂ab ", "0123456789 ,.a", "ab'st "]

SENTENCES = (
    "The cat sat on the mat. The dog didn't sit; it ran 12 or 13 miles!\n\n\n  Indented,  twice.\t"
    "Straße, naïve café, Привет мир, 你好世界, 👩\u200d🔬 and 👍🏽.\nIT'S they've I'll\u0085next\u00a0line\ufeff end   "
)

HARD = ["", "Hello, World! 🙂", "unseen: ЖЩ 漢字 \x00\x7f", "text<|endoftext|>text", " \n \n text  ", "abababab ab'st"]


def train(text: str, vocab_size: int, min_frequency: int, special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def main() -> None:
    rng = random.Random(14)
    texts = ["", "a", "aaaa", SENTENCES, SENTENCES * 3]
    for alphabet in ALPHABETS * 3:
        text = "".join(rng.choice(alphabet) for _ in range(rng.choice([20, 150, 600])))
        texts.append(text[:17] * 12 if rng.random() < 0.3 else text)
    cases = []
    for i, text in enumerate(texts):
        special = [["<|endoftext|>"], [], ["<a>", "ab"], ["a"]][i % 4]
        options = {
            "vocabSize": 256 + len(special) + [0, 60, 300, 10][(i + 2) % 4],
            "minFrequency": [0, 1, 2, 5][(i // 2) % 4],
            "specialTokens": special,
        }
        tokenizer = train(text, *options.values())
        model = json.loads(tokenizer.to_str())["model"]
        vocab = sorted(model["vocab"], key=model["vocab"].__getitem__)
        cases.append(
            {
                "text": text,
                **options,
                # The bytes are the same for all but for where they begin.
                "tokens": len(vocab),
                "firstTokens": vocab[: len(special) + 2],
                "merges": [" ".join(merge) for merge in model["merges"]],
                "ids": [tokenizer.encode(hard).ids for hard in HARD],
            }
        )
    write_json(folder("bpe_training") / "cases.json", {"versions": versions(tokenizers), "hard": HARD, "cases": cases})


if __name__ == "__main__":
    main()
