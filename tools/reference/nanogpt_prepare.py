"""Writes the `nanogpt_prepare` fixture: texts and the token files nanoGPT's character-level prepare.py makes.

nanoGPT opens the file as text (CRLF becomes LF, a byte order mark stays), sorts the set of characters by code point,
splits at int(n * 0.9) code points, and writes uint16. Each sub-folder holds `input.txt`, `train.bin` and `val.bin`.
"""

import array
import sys

from fixtures import folder, write_json

LINES = [
    "The café on the corner opens at seven.",
    "Zoë paid 3½ € for naïve poetry — “cheap”, she said.",
    "Привет, мир! 今日は世界。 שלום עולם",
    "\ttabs  and   runs of spaces stay   ",
    "",
    # Sorting UTF-16 units instead of code points puts the emoji, a surrogate pair, before the full-width tilde.
    "full width ～ tilde, private \ue000 use, and emoji 😀🚀",
    # The same word composed and decomposed: no normalisation takes place.
    "n\u0303andu \u00f1andu; a zero-width joiner: 👩\u200d🔬; a line separator: \u2028; a next line: \x85",
    "The end has no line break",
]
TEXT = "\n".join(LINES)
SAMPLES = {
    "lf": TEXT,
    "crlf": TEXT.replace("\n", "\r\n"),
    "bom": "\ufeff" + TEXT,
}


def prepare(name: str) -> dict:
    path = folder("nanogpt_prepare") / name
    path.mkdir(exist_ok=True)
    (path / "input.txt").write_bytes(SAMPLES[name].encode("utf-8"))

    text = (path / "input.txt").open(encoding="utf-8").read()
    characters = sorted(set(text))
    index = {character: i for i, character in enumerate(characters)}
    n = len(text)
    parts = {"train": text[: int(n * 0.9)], "val": text[int(n * 0.9) :]}
    for split, part in parts.items():
        ids = array.array("H", (index[character] for character in part))
        if sys.byteorder == "big":
            ids.byteswap()
        (path / f"{split}.bin").write_bytes(ids.tobytes())
    return {
        "name": name,
        "characters": n,
        "vocab": [ord(character) for character in characters],
        "trainTokens": len(parts["train"]),
        "valTokens": len(parts["val"]),
    }


if __name__ == "__main__":
    samples = [prepare(name) for name in SAMPLES]
    path = folder("nanogpt_prepare")
    write_json(path / "case.json", {"generator": "tools/reference/nanogpt_prepare.py", "samples": samples})
    print(f"{path.name}: {', '.join(SAMPLES)}; {samples[0]['characters']} characters")
