"""Patterns of splits and replacements, run by the library that transformers runs (Oniguruma).

Writes the `split_patterns` fixture: for each pattern, the pieces of hard texts in all ways to split, and the texts with
matches replaced.
"""

import json

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

from fixtures import folder, versions

TEXTS = [
    "",
    "The quick  brown fox's 123 jumps,\n\n over 4567 lazy dogs...  ",
    "  aab abab\r\n\tccc \n x=1;  y==22 ",
    "été Привет ΣΑΣ 中文字符 日本 ١٢٣ ½ e\u0301",
    "a😀😀b 👨‍👩‍👧 \u00a0\u2003x\u200bz\ufeffy\x85w",
    "aaaaaaaaab aaaa=aaaa (a(a)a) [x] _y_ don't DON'T WE'LL",
]

# All but the first few are of no known tokenizer: they run on attune's own engine.
PATTERNS = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"\s+$",
    r"(a+){00000000000000000000000001,}b",
    r"(((a+){4}){4}){4}b",
    r".*.*.*.*.*.*.*.*=",
    r"(a|b)+b",
    r"(?:a|ab)(?:c|b)",
    r"a*?b",
    r"(?<=\s)\S",
    r"(?<!\p{L})\p{L}",
    r"\p{L}+(?=\s|$)",
    r"(?<=a)a(?!b)",
    r"^.",
    r".$",
    r"\A\S+",
    r"\S+\z",
    r"\w+",
    r"\b\w",
    r"[\w&&[^a]]+x?",
    r"[[:alpha:]]+[[:digit:]]*",
    r"[^[:space:]]{2,4}\s",
    r"\h+",
    r"\p{Han}+|\p{Cyrillic}{2}",
    r"(?:\p{N}{3})+(?!\p{N})",
    r"(?=(?:\p{N}{3})+(?!\p{N}))\p{N}",
    r"(?:(?:a{2})+|b)+?c?",
    r"(?i:the|FOX)",
    r"\x{1F600}+|\x61b",
    r"(?:\s{2,}|,)+",
    r"(\()(a)|\)",
    r"[^\S\n]+\n?",
    r"(?!a)\p{L}{2}",
    r"(?<![\p{L}'])'|'(?![\p{L}])",
    r".{1,7}",
    r"(?:.{2}){2,3}",
    r"[a-c]{3,}?|=+",
]

BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]


def camel(behavior: str) -> str:
    return "".join(word.capitalize() for word in behavior.split("_"))


def tried(run):
    """What a function returns, or None where Oniguruma gives up."""
    try:
        return run()
    except BaseException as error:
        if "retry-limit-in-match" not in str(error):
            raise
        return None


def case(pattern: str) -> dict:
    def pieces(behavior: str, invert: bool) -> list[list[str] | None]:
        split = pre_tokenizers.Split(Regex(pattern), behavior, invert)
        return [
            tried(lambda text=text: [piece for piece, _ in split.pre_tokenize_str(text)]) for text in TEXTS
        ]

    replace = normalizers.Replace(Regex(pattern), "<$1&>")
    return {
        "pattern": pattern,
        "splits": [
            {"behavior": camel(behavior), "invert": invert, "pieces": pieces(behavior, invert)}
            for behavior in BEHAVIORS
            for invert in (False, True)
        ],
        "replaced": [tried(lambda text=text: replace.normalize_str(text)) for text in TEXTS],
    }


if __name__ == "__main__":
    head = {"generator": "tools/reference/split_patterns.py", "versions": versions(tokenizers)}
    lines = [json.dumps(case(pattern), ensure_ascii=False, separators=(",", ":")) for pattern in PATTERNS]
    body = ",\n".join(lines)
    path = folder("split_patterns") / "case.json"
    path.write_text(
        f'{json.dumps(head)[:-1]},"texts":{json.dumps(TEXTS)},"cases":[\n{body}\n]}}\n', encoding="utf-8"
    )
    print(f"{len(lines)} patterns, {path.stat().st_size} bytes")
