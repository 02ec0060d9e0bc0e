"""A table of SentencePiece's, as a tokenizer.json has it, and what Hugging Face's tokenizers make of texts by it.

Writes the `precompiled` fixture. The real tables have 240 kB; this one has a rule of each kind: text that is replaced,
added, left out, of several characters, of a letter of ASCII, and one that begins like another.
"""

import io
import json
import tempfile
from pathlib import Path

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2 as protobuf
from tokenizers import Tokenizer, models, normalizers

from fixtures import folder, versions
from tiny_tokenizers import CORPUS, STRINGS

RULES = [
    ("Q", "kw"),
    ("x", ""),
    ("\ufb01", "f-i"),
    ("\ufb01\u0302", "never: the shorter one is found first"),
    ("e\u0301", "E"),
    ("o\u0308\u0301", "OO"),
    ("\u0915\u094d", "k"),
    ("\t", " "),
    ("\r\n", "\n"),
    ("\u00a0", " "),
    ("\u2122", "(tm)"),
    ("\u0301", "'"),
    ("\U0001f600", ":-)"),
    ("\u200d", ""),
    ("\u3042", "\ufeffa"),
]

TEXTS = [
    *STRINGS,
    "Quick\tbox \ufb01sh \ufb01\u0302sh",
    "e\u0301 e\u0301\u0301 e\u0301\u0302 o\u0308 o\u0308\u0301 o\u0308\u0301\u0301 x\u0301 \u0301",
    "\r\n \r \n\r \n \r\nx\r\nQ",
    "\u0915\u094d\u0937 \u0915 \u094d \u0915\u093f",
    "\U0001f600 \U0001f600\u200d\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea\u2122",
    "\u0600x \u0600\ufb01 x\u0600Q a\u00a0\u00a0b \u3042\u3042",
    "a\x00Q \x00\u0301 xxx",
    "",
]


def charsmap() -> bytes:
    def points(text: str) -> str:
        return " ".join(f"{ord(char):X}" for char in text)

    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as directory:
        rules = Path(directory) / "rules.tsv"
        rules.write_text("".join(f"{points(text)}\t{points(to)}\n" for text, to in RULES), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS),
            model_writer=model,
            vocab_size=100,
            hard_vocab_limit=False,
            normalization_rule_tsv=str(rules),
            minloglevel=2,
        )
    parsed = protobuf.ModelProto()
    parsed.ParseFromString(model.getvalue())
    return parsed.normalizer_spec.precompiled_charsmap


if __name__ == "__main__":
    normalizer = normalizers.Precompiled(charsmap())
    normalized = [normalizer.normalize_str(text) for text in TEXTS]
    chars = sorted(set("".join(normalized)))
    tokenizer = Tokenizer(models.BPE({char: i for i, char in enumerate(chars)}, []))
    tokenizer.normalizer = normalizer
    case = {
        "generator": "tools/reference/precompiled.py",
        "versions": versions(tokenizers, sentencepiece),
        "tokenizer": json.loads(tokenizer.to_str()),
        "samples": [[text, plain, tokenizer.encode(text).ids] for text, plain in zip(TEXTS, normalized, strict=True)],
    }
    path = folder("precompiled") / "case.json"
    path.write_text(json.dumps(case, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(TEXTS)} texts, {path.stat().st_size} bytes")
