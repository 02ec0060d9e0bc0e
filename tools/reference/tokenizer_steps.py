"""Tokenizers that differ in one step from each other: normalizers, pre-tokenizers, and what models do with the unknown.

Writes the `tokenizer_steps` fixture: for each, the tokenizer.json and the ids of hard strings. Vocabularies are small and
made without chance, so that the borders of pieces show in the ids and a second run writes the same bytes.
"""

import json
from collections import Counter

import tokenizers
import transformers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from fixtures import folder, versions
from tiny_tokenizers import CORPUS, STRINGS

TEXTS = [
    *STRINGS,
    "don't...stop--now!!! («x») 、。 _a_b_",
    "ΟΔΟΣ Σ ΟΔΟΣ. ΑΣ",
    "the thth th mathth",
    "a\x85b a\u200bb a\u200db क्ष हिन्दी",
    "  both ends \x85",
    "𠀀 中a國 𠜎",
    "é e\u0301 É FOO foo",
    "\U0001f600\U0001f680\U0001f600 five",
]


def bpe(pre_tokenizer, normalizer=None, **options) -> Tokenizer:
    """Pairs are merged wherever the pre-tokenizer lets them: trained without it, borders of pieces show."""
    options = {"unk_token": "<unk>", **options}
    tokenizer = Tokenizer(models.BPE(**{key: value for key, value in options.items() if value is not None}))
    trainer = trainers.BpeTrainer(
        vocab_size=220, special_tokens=["<unk>"], show_progress=False, max_token_length=6
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    saved = json.loads(tokenizer.to_str())
    saved["model"] |= options
    tokenizer = Tokenizer.from_str(json.dumps(saved))
    return with_steps(tokenizer, pre_tokenizer, normalizer)


def with_steps(tokenizer: Tokenizer, pre_tokenizer, normalizer=None) -> Tokenizer:
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    return tokenizer


def wordpiece(pre_tokenizer, **options) -> Tokenizer:
    chars = sorted(set("".join(CORPUS)) - set(" \nй"))
    words = ["the", "on", "at", "sing", "##ing", "##er", "##ou", "##tion"]
    vocab = {token: i for i, token in enumerate(["<unk>", *chars, *(f"##{char}" for char in chars), *words])}
    return with_steps(Tokenizer(models.WordPiece(vocab, unk_token="<unk>", **options)), pre_tokenizer)


def unigram(pre_tokenizer, byte_fallback: bool = False) -> Tokenizer:
    text = "▁".join(CORPUS).replace(" ", "▁")
    counts = Counter(text) + Counter(text[i : i + 2] for i in range(len(text) - 1))
    pieces = [piece for piece, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:120]]
    vocab = [("<unk>", 0.0), *((piece, -1.0 - 0.07 * i) for i, piece in enumerate(pieces))]
    if byte_fallback:
        vocab += [(f"<0x{byte:02X}>", -30.0) for byte in range(256)]
    return with_steps(Tokenizer(models.Unigram(vocab, unk_id=0, byte_fallback=byte_fallback)), pre_tokenizer)


def cases() -> dict[str, Tokenizer]:
    pre, norm = pre_tokenizers, normalizers
    steps = {
        "Whitespace": bpe(pre.Whitespace()),
        "WhitespaceSplit": bpe(pre.WhitespaceSplit()),
        "BertPreTokenizer": bpe(pre.BertPreTokenizer()),
        "Digits": bpe(pre.Digits(individual_digits=False)),
        "Digits, each": bpe(pre.Digits(individual_digits=True)),
        "CharDelimiterSplit": bpe(pre.CharDelimiterSplit("a")),
        "FixedLength": bpe(pre.FixedLength(3)),
        "ByteLevel, with a space before": bpe(pre.ByteLevel(add_prefix_space=True)),
        "Metaspace, split": bpe(pre.Metaspace(split=True), norm.Replace("e", " ")),
        "Metaspace, whole": bpe(pre.Metaspace(split=False, prepend_scheme="never")),
        "Lowercase": bpe(pre.Whitespace(), norm.Lowercase()),
        "Strip": bpe(None, norm.Sequence([norm.Strip(), norm.NFD(), norm.StripAccents()])),
        "Strip, left": bpe(None, norm.Strip(left=True, right=False)),
        "Nmt": bpe(None, norm.Sequence([norm.Nmt(), norm.NFKC(), norm.Replace(Regex(" {2,}"), " ")])),
        "Replace by dollars": bpe(None, norm.Replace("e", "$&$1")),
        "BertNormalizer": bpe(pre.BertPreTokenizer(), norm.BertNormalizer(lowercase=True)),
        "BertNormalizer, cased": bpe(
            pre.WhitespaceSplit(), norm.BertNormalizer(lowercase=False, clean_text=False, strip_accents=True)
        ),
        "BPE, unknown fused": bpe(pre.Whitespace(), fuse_unk=True),
        "BPE, unknown left out": bpe(None, unk_token=None),
        "WordPiece": wordpiece(pre.Whitespace()),
        "WordPiece, short words": wordpiece(pre.WhitespaceSplit(), max_input_chars_per_word=5),
        "Unigram": unigram(pre.Metaspace()),
        "Unigram, pieces": unigram(pre.Whitespace()),
        "Unigram, bytes": unigram(pre.Metaspace(), byte_fallback=True),
    }
    for behavior in ["removed", "isolated", "contiguous", "merged_with_previous", "merged_with_next"]:
        steps[f"Punctuation, {behavior}"] = bpe(pre.Punctuation(behavior))
        steps[f"Split at text, {behavior}"] = bpe(pre.Split("th", behavior))
        steps[f"Split at a pattern, {behavior}"] = bpe(pre.Split(Regex("(a|e)|[iou ]"), behavior))
        steps[f"Split around a pattern, {behavior}"] = bpe(pre.Split(Regex(r"\w+"), behavior, invert=True))
    return steps


if __name__ == "__main__":
    lines = [
        json.dumps(
            {
                "name": name,
                "tokenizer": json.loads(tokenizer.to_str()),
                "ids": [tokenizer.encode(text).ids for text in TEXTS],
            },
            separators=(",", ":"),
        )
        for name, tokenizer in cases().items()
    ]
    head = {"generator": "tools/reference/tokenizer_steps.py", "versions": versions(transformers, tokenizers)}
    body = ",\n".join(lines)
    path = folder("tokenizer_steps") / "case.json"
    path.write_text(
        f'{json.dumps(head)[:-1]},"texts":{json.dumps(TEXTS)},"cases":[\n{body}\n]}}\n', encoding="utf-8"
    )
    print(f"{len(lines)} tokenizers, {path.stat().st_size} bytes")
