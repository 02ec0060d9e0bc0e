"""Tiny tokenizers of every kind, trained on the sentences below, as transformers saves them.

`make(kind)` gives a tokenizer; run as a script, this writes the `tiny_tokenizers` fixture: a folder for each kind, and
in `ids.json` hard strings with their ids, and the token that transformers puts before a text, if any.
"""

import json

import tokenizers
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from fixtures import folder, versions, write_json

CORPUS = [
    "The cat sat on the mat and looked at the moon.",
    "Once there was a small bird who wanted to sing like the others.",
    "What is the capital of France? The capital of France is Paris.",
    "You are a careful assistant who answers questions in one sentence.",
    "Numbers like 1, 23, 456 and 7890 are split in many ways; so are 3.14 and 1e-10.",
    "Le garçon a mangé une crème brûlée à Noël, naïvement.",
    "Привет, мир! Как дела? こんにちは世界。 你好,世界。",
    "def add(a, b):\n    return a + b\n\nprint(add(1, 2))",
    "user assistant system tool model user assistant system",
    "She said: \"I'm sure it's fine\", but they'd left, and we've seen nothing.",
    '{"name": "weather", "arguments": {"city": "Paris", "unit": "celsius"}}',
    "thinking about it, the answer must be forty-two, since six times seven is forty-two.",
] * 4

SPECIAL = [
    "<unk>", "<s>", "</s>", "<pad>", "<|endoftext|>", "<|im_start|>", "<|im_end|>",
    "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
    "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>",
]  # fmt: skip
# Added, but not special: part of what a model says.
ADDED = ["<think>", "</think>", "<tool_call>", "</tool_call>"]

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
    "it’s a typographic apostrophe",
    "0 1 12 123 1234 12345 1234567890",
    "3.14159, 1e-10, 0xDEADBEEF, 1,000,000",
    "½ ² Ⅷ ١٢٣ 一二三",
    "foo_bar fooBar foo-bar foo.bar(baz)[0]",
    "def f(x):\n    return x ** 2  # square\n",
    "!!! ??? ... --- *** ///",
    "$100 €5 £7 50% #1 @you",
    "naïve café Zoë Ångström",
    "nin\u0303o and ni\u00f1o",
    "ﬁne ﬂow ① ﷺ Å",
    "Привет, мир",
    "こんにちは世界",
    "你好,世界。",
    "안녕하세요 세계",
    "שלום עולם",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "😀 🚀 👩\u200d🔬 🇫🇷 👍🏽",
    "a\u00a0no-break\u2003em space\u3000wide",
    "zero\u200bwidth \u200d joiner",
    "control \x01 \x1b[0m \x7f",
    "replacement \ufffd and private \ue000",
    "𝕸𝖆𝖙𝖍 𝒜 𐍈 𠜎",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "a" * 100,
    "=" * 70,
    "next\x85 \x85 line",
    "byte\ufeff \ufeff order",
    "▁ a meta▁space ▁▁",
    "<s>text</s>",
    "<|im_start|>user\nhi<|im_end|>\n",
    " <|im_end|> spaces around <|im_end|> ",
    "<|im_start|><|im_end|>",
    "<think>\nso\n</think>\n\nyes",
    "<|im_start",
    "[INST] hi [/INST] there </s>",
    "<0x41> looks like a byte",
]


def trained(tokenizer: Tokenizer, trainer) -> Tokenizer:
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in ADDED])
    return tokenizer


def bpe_trainer(size: int, alphabet: list[str], more: list[str] = ()) -> trainers.BpeTrainer:
    return trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*SPECIAL, *more],
        initial_alphabet=alphabet,
        show_progress=False,
    )


QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level() -> Tokenizer:
    """As GPT-2 has it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return trained(tokenizer, bpe_trainer(560, pre_tokenizers.ByteLevel.alphabet()))


def byte_level_split() -> Tokenizer:
    """As Qwen and Llama 3 have it: a pattern of its own, and what Llama 3 puts before a text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer = trained(tokenizer, bpe_trainer(560, pre_tokenizers.ByteLevel.alphabet()))
    begin = "<|begin_of_text|>"
    template = processors.TemplateProcessing(
        single=f"{begin} $A", pair=f"{begin} $A {begin} $B", special_tokens=[(begin, tokenizer.token_to_id(begin))]
    )
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    return tokenizer


def with_bytes(tokenizer: Tokenizer) -> Tokenizer:
    """SentencePiece's BPE: characters not in the vocabulary are written as bytes."""
    return trained(tokenizer, bpe_trainer(640, [], [f"<0x{byte:02X}>" for byte in range(256)]))


def as_sentencepiece(tokenizer: Tokenizer) -> Tokenizer:
    """Bytes are no special tokens: nothing in a text is one."""
    saved = json.loads(tokenizer.to_str())
    saved["added_tokens"] = [token for token in saved["added_tokens"] if not token["content"].startswith("<0x")]
    saved["model"] |= {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}
    return Tokenizer.from_str(json.dumps(saved))


def begins_with(tokenizer: Tokenizer, begin: str) -> Tokenizer:
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A", pair=f"{begin} $A {begin} $B", special_tokens=[(begin, tokenizer.token_to_id(begin))]
    )
    return tokenizer


SENTENCEPIECE_DECODER = [
    decoders.Replace("▁", " "),
    decoders.ByteFallback(),
    decoders.Fuse(),
    decoders.Strip(content=" ", left=1),
]


def sentencepiece_bpe() -> Tokenizer:
    """As Llama 2 has it: the space that begins a text is the normalizer's, also after special tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer = as_sentencepiece(with_bytes(tokenizer))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = None
    tokenizer.decoder = decoders.Sequence(SENTENCEPIECE_DECODER)
    return begins_with(tokenizer, "<s>")


def metaspace_bpe() -> Tokenizer:
    """As newer Llama and Mistral files have it: only the very begin of a text gets a space."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer = as_sentencepiece(with_bytes(tokenizer))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(SENTENCEPIECE_DECODER)
    return begins_with(tokenizer, "<s>")


def gemma_bpe() -> Tokenizer:
    """As Gemma has it: spaces are replaced, none is added."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer = as_sentencepiece(with_bytes(tokenizer))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(SENTENCEPIECE_DECODER[:3])
    return begins_with(tokenizer, "<bos>")


def wordpiece() -> Tokenizer:
    """As BERT has it."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return trained(tokenizer, trainers.WordPieceTrainer(vocab_size=400, special_tokens=SPECIAL, show_progress=False))


def unigram() -> Tokenizer:
    """As T5 and XLM-R have it, without SentencePiece's compiled normalizer."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=400, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False)
    return trained(tokenizer, trainer)


KINDS = {
    "byte_level": byte_level,
    "byte_level_split": byte_level_split,
    "sentencepiece_bpe": sentencepiece_bpe,
    "metaspace_bpe": metaspace_bpe,
    "gemma_bpe": gemma_bpe,
    "wordpiece": wordpiece,
    "unigram": unigram,
}


def make(kind: str, **options: str) -> PreTrainedTokenizerFast:
    """A tokenizer of transformers; `options` are those of its tokenizer_config.json.

    It is trained only if the fixture does not have it: WordPiece and Unigram come out differently every time.
    """
    saved = folder("tiny_tokenizers") / kind / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(saved)) if saved.exists() else KINDS[kind]()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", **options)


def write(kind: str) -> None:
    tokenizer = make(kind)
    path = folder("tiny_tokenizers") / kind
    tokenizer.save_pretrained(path)
    saved = path / "tokenizer.json"
    saved.write_text(
        json.dumps(json.loads(saved.read_text("utf-8")), ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8"
    )
    samples = [[text, tokenizer(text, add_special_tokens=False)["input_ids"]] for text in STRINGS]
    around = tokenizer("a")["input_ids"]
    inner = tokenizer("a", add_special_tokens=False)["input_ids"]
    first = around[0] if around != inner else None
    (path / "ids.json").write_text(
        json.dumps({"first": first, "samples": samples}, separators=(",", ":")) + "\n", "utf-8"
    )
    print(f"{kind}: {len(tokenizer)} tokens, {saved.stat().st_size} bytes")


if __name__ == "__main__":
    for each in KINDS:
        write(each)
    write_json(
        folder("tiny_tokenizers") / "case.json",
        {
            "generator": "tools/reference/tiny_tokenizers.py",
            "versions": versions(transformers, tokenizers),
            "kinds": list(KINDS),
        },
    )
