"""Writes the `gpt2_bpe` fixture: hard strings and their ids under GPT-2's byte-level BPE.

    python gpt2_bpe.py RANKS

RANKS is `dist/ranks/gpt2.js` of the npm package js-tiktoken, from which the vocabulary is read; it is not committed.
Two encoders independent of any JavaScript one must agree on every string: Hugging Face's tokenizers and tiktoken.
"""

import argparse
import base64
import json
from itertools import pairwise
from pathlib import Path

import tiktoken
import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers

from fixtures import folder, versions, write_json

STRINGS = [
    "",
    " ",
    "   ",
    "\n",
    "\n\n\n",
    "\t\tindented",
    "trailing   ",
    "   leading",
    "a  b   c    d",
    "line\r\nbreaks\rof\nall kinds",
    " \n \n text",
    "Hello, world!",
    "hello world hello World HELLO WORLD",
    "I'm you're he'll we've they'd it's don't",
    "I'M YOU'RE HE'LL WE'VE THEY'D IT'S DON'T",
    "the cats' toys and 'quoted' words",
    "it’s a typographic apostrophe",
    "0 1 12 123 1234 12345 1234567890",
    "3.14159, 1e-10, 0xDEADBEEF, 1,000,000",
    "½ ² Ⅷ ١٢٣ 一二三",
    "foo_bar fooBar FooBar foo-bar foo.bar(baz)[0]",
    "def f(x):\n    return x ** 2  # square\n",
    '<a href="https://example.org/?q=1&r=2">link</a>',
    "!!! ??? ... --- *** ///",
    "$100 €5 £7 50% #1 @you",
    "naïve café Zoë Ångström",
    "nin\u0303o and ni\u00f1o",
    "Привет, мир",
    "Γειά σου Κόσμε",
    "こんにちは世界",
    "你好,世界。",
    "안녕하세요 세계",
    "שלום עולם",
    "مرحبا بالعالم",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "😀 🚀 👩\u200d🔬 🇫🇷 👍🏽",
    "a\u00a0no-break\u2003em space\u3000wide",
    "zero\u200bwidth \u200d joiner",
    "control \x00 \x01 \x1b[0m \x7f",
    "replacement \ufffd and private \ue000",
    "𝕸𝖆𝖙𝖍 𝒜 𐍈 𠜎",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "a" * 100,
    "=" * 70,
    " SolidGoldMagikarp petertodd",
    # As ordinary text: nothing but an explicit request makes this the end-of-text token.
    "text<|endoftext|>text",
    # Where engines' ideas of white space differ: JavaScript's \s lacks U+0085 and has U+FEFF.
    "next\x85 \x85 line",
    "byte\ufeff \ufeff order",
    "unit \x1c \x1d separators",
]


def read_ranks(path: Path) -> tuple[dict[bytes, int], str]:
    """Token bytes to id, and the pre-tokeniser's pattern, from the one JSON object the module exports."""
    text = path.read_text(encoding="utf-8")
    module = json.loads(text[text.index("{") : text.rindex("}") + 1])
    ranks: dict[bytes, int] = {}
    for line in module["bpe_ranks"].splitlines():
        _, offset, *tokens = line.split(" ")
        ranks |= {base64.b64decode(token): int(offset) + i for i, token in enumerate(tokens)}
    assert len(ranks) == 50256 and sorted(ranks.values()) == list(range(50256))
    return ranks, module["pat_str"]


def byte_alphabet() -> dict[int, str]:
    """The printable character GPT-2's vocabulary writes for each byte: itself, or one from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return {byte: chr(byte if byte in printable else next(others)) for byte in range(256)}


def split_token(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """The merge that made `token`: BPE of its bytes, stopped before the token itself, leaves two parts."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        rank, i = min((ranks.get(a + b, len(ranks)), i) for i, (a, b) in enumerate(pairwise(parts)))
        assert rank < ranks[token], token
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts[0], parts[1]


def hugging_face(ranks: dict[bytes, int]) -> Tokenizer:
    alphabet = byte_alphabet()

    def text(token: bytes) -> str:
        return "".join(alphabet[byte] for byte in token)

    vocab = {text(token): rank for token, rank in ranks.items()}
    merged = (token for token in sorted(ranks, key=ranks.__getitem__) if len(token) > 1)
    merges = [tuple(map(text, split_token(token, ranks))) for token in merged]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ranks", type=Path, metavar="RANKS")
    ranks, pattern = read_ranks(parser.parse_args().ranks)

    first = hugging_face(ranks)
    second = tiktoken.Encoding("gpt2", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    samples = []
    for string in STRINGS:
        ids = first.encode(string).ids
        other = second.encode_ordinary(string)
        assert ids == other, f"{string!r}: tokenizers {ids}, tiktoken {other}"
        assert second.decode_bytes(ids) == string.encode("utf-8"), string
        samples.append({"text": string, "ids": ids})

    path = folder("gpt2_bpe")
    write_json(
        path / "case.json",
        {
            "generator": "tools/reference/gpt2_bpe.py",
            "versions": versions(tokenizers) | {"tiktoken": tiktoken.__version__},
            "samples": samples,
        },
    )
    print(f"{path.name}: {len(samples)} strings")
