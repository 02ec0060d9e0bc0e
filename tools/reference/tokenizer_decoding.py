"""Tokens back to text, and added tokens that are whole words only.

Writes the `tokenizer_decoding` fixture: tokenizers with each kind of decoder, sequences of ids with the text that
tokenizers gives, and how much of it belongs to the ids that follow a prompt; and tokenizers with added tokens of every
setting, with the ids of texts in which they stand between words, within words and beside each other.
"""

import json

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

from fixtures import folder, versions

PIECES = ["<unk>", "<s>", "</s>", "▁", "▁Once", "▁upon", "▁a", "▁time", ".", "a", "b", "é", "▁▁", "😀", "\n", "Hi", "##ing", "end</w>", "Ġx", "Ã", "©"]  # fmt: skip
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LLAMA = decoders.Sequence(
    [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
)
GEMMA = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
DECODERS = {
    "llama": LLAMA,
    "gemma": GEMMA,
    "byte fallback": decoders.ByteFallback(),
    "metaspace": decoders.Metaspace(),
    "metaspace never": decoders.Metaspace(prepend_scheme="never"),
    "byte level": decoders.ByteLevel(),
    "wordpiece": decoders.WordPiece(cleanup=False),
    "bpe": decoders.BPEDecoder(),
}


def spelled(text: str | bytes) -> list[str]:
    return [BYTES[byte] for byte in (text.encode() if isinstance(text, str) else text)]


SEQUENCES = [
    ["▁Once", "▁upon", "▁a", "▁time", "."],
    ["<s>", "▁Once", "▁upon"],
    ["▁", "▁Once", "▁▁", "a", "▁", "▁", "b", "▁"],
    ["▁▁", "▁Once"],
    ["a", *spelled("é"), *spelled("你好"), "b", *spelled("😀")],
    [*spelled("😀"), "▁a", *spelled("é")[:1], "b"],
    ["a", *spelled(b"\xc3\x28"), "b"],
    ["a", *spelled(b"\xe4\xbd\xa0\xe5\xa5"), "▁a"],
    ["a", *spelled(b"\xff\xfe\xfd\xfc\xfb\xfa"), ".", *spelled(b"\xf0\x9f\x98")],
    [*spelled(b"\xef\xbb\xbfx\xef\xbb\xbf"), "a"],
    [*spelled(" x "), "▁a"],
    ["Hi", "##ing", ".", "a", "##ing"],
    ["end</w>", "a", "end</w>"],
    ["a", "Ġx", "Ã", "©", "Ã", "b"],
    ["</s>", "<s>", "▁a"],
    ["\n", "▁a", "\n", "\n"],
]

ADDED = [
    AddedToken("cat", single_word=True, normalized=False),
    AddedToken("dog", single_word=True, normalized=True),
    AddedToken("<x>", single_word=True, normalized=False, special=True),
    AddedToken("[y]", normalized=False, special=True),
    AddedToken("ant", normalized=False),
    AddedToken("hen", single_word=True, lstrip=True, rstrip=True, normalized=False),
    AddedToken("catfish", single_word=True, normalized=False),
]
TEXTS = [
    "cat", "a cat sat", "cats concat cat's cat-cat cat_cat cat1", "(cat) cat. catcat", "catfish catfishes", "écat caté cat\u0301 cat\u200d",
    "dog dogs Dog DOG hotdog", "a<x>b <x> .<x>. <x><x>", "[y]cat[y] a[y]b cat[y]", "ants antcat cat ant", "a hen b hens  hen  hen", "猫cat cat猫",
    "cat\ndog\tcat", "😀cat😀 dog😀", "", "c a t", "_cat cat_", "Straße cat CAT",
]  # fmt: skip


def characters(model: str, normalizer) -> Tokenizer:
    chars = sorted(set("".join(TEXTS)) - set(" \n\t"))
    vocab = {token: i for i, token in enumerate(["[UNK]", *chars, *(f"##{char}" for char in chars), "concat", "cats"])}
    if model == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    elif model == "bpe":
        tokenizer = Tokenizer(models.BPE({**vocab, " ": len(vocab)}, [], unk_token="[UNK]"))
    else:
        tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = None if model == "bpe" else pre_tokenizers.Whitespace()
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.add_tokens(ADDED)
    return tokenizer


def main() -> None:
    vocab = {token: i for i, token in enumerate([*PIECES, *BYTES])}
    decoding = []
    for name, decoder in DECODERS.items():
        tokenizer = Tokenizer(models.BPE(vocab, [], unk_token="<unk>", byte_fallback=True))
        tokenizer.add_special_tokens(["<s>", "</s>"])
        tokenizer.decoder = decoder
        sequences = [[vocab[token] for token in tokens] for tokens in SEQUENCES]
        texts = [tokenizer.decode(ids, skip_special_tokens=False) for ids in sequences]
        # What a model wrote after a prompt, as transformers' pipelines tell it: the text beyond that of the prompt.
        continued = [
            [
                text[len(prompt) :] if text.startswith(prompt) and not prompt.endswith("\ufffd") else None
                for prompt in (tokenizer.decode(ids[:n], skip_special_tokens=False) for n in range(1, len(ids)))
            ]
            for ids, text in zip(sequences, texts, strict=True)
        ]
        decoding.append({
            "name": name, "tokenizer": json.loads(tokenizer.to_str()), "sequences": sequences, "texts": texts, "continued": continued,
        })  # fmt: skip
    added = []
    for model in ["wordpiece", "bpe", "wordlevel"]:
        for name, normalizer in {"": None, " lowercase": normalizers.Lowercase()}.items():
            tokenizer = characters(model, normalizer)
            ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
            added.append({"name": model + name, "tokenizer": json.loads(tokenizer.to_str()), "ids": ids})
    path = folder("tokenizer_decoding") / "case.json"
    content = {
        "generator": "tools/reference/tokenizer_decoding.py",
        "versions": versions(tokenizers),
        "decoding": decoding,
        "texts": TEXTS,
        "added": added,
    }
    path.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n", "utf-8")
    print(f"{len(decoding)} decoders, {len(added)} tokenizers with added tokens, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
