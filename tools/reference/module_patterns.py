"""Writes the `module_patterns` fixture: which paths of modules Python's `re.fullmatch` matches, as peft finds them.

`case.json` holds `paths`, and for each pattern the indices of those it matches, or null where it is no pattern.
"""

import random
import re
import signal
import warnings

from fixtures import folder, versions, write_json

PATHS = [
    "",
    "a",
    "aab",
    "lm_head",
    "Q_PROJ",
    "model.norm",
    "model.embed_tokens",
    "model.layers.0.self_attn.q_proj",
    "model.layers.11.mlp.up_proj",
    "vision.layers.3.self_attn.q_proj",
    "transformer.h.1.attn.c_attn",
]
WRITTEN = [
    r".*q_proj",
    r".*\.(q|v)_proj$",
    r"^(?!.*vision).*(?:q_proj|v_proj).*$",
    r"(?P<stack>model)\.layers\.\d+\.(?P<part>.*)",
    r"\Amodel\.layers\.(?:[0-9]|1[01])\.mlp\.(up|down)_proj\Z",
    r"(?i)q_proj",
    r"(?i:Q)_PROJ",
    r"(?x) model \. # the stack \n norm",
    r"(?<=x)a|(?<!x)a",
    r".*(?<=layers)\.\d{1,2}\..*",
    r"model\.layers\.\d{2,}\.\w+\.\w+",
    r"(a|aa)+b?",
    r"(?:.*?(?:language|vision).*?(?:self_attn|mlp).*?(?:q_proj).*?)|lm_head",
    r"[^.]+",
    r"\w+",
    r"(?s-i:.+)\.norm",
    r"q_proj",
    r"(?P<a>a)(?P=a)b",
    r"(a)\1b",
    r"(?>a+)b",
    r"a*+b",
    r"(",
    r"a**",
    r"(?<n>a)",
    r"[a",
    r"\Q",
]
ATOMS = (
    r"a b . \. q_proj model \d \w \s \S \W \D [a-z] [^.] [\w.] []a] [^]] [a\-z] [\d_] ^ $ \A \Z \b \B h _ layers { } {, x{ "
    r"\x61 \u0061 \141 \0 (?#c) # - [A-Z] (?i:Q_PROJ) \_ \e \1 ] [ , \t [\b] [\141] [\1] 1"
).split(" ")
REPEATS = ["*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "{,}", "*?", "+?", "??", "{2}?", "*+", "{2,1}", " *"]
GROUPS = ["(", "(?:", "(?P<n>", "(?=", "(?!", "(?<=", "(?<!", "(?i:", "(?x:", "(?s-i:", "(?>", "(?P=n>", "(?<n>", "(?m:"]


def draw(source: random.Random, depth: int) -> str:
    text = ""
    for _ in range(source.randint(0, 4)):
        if depth > 0 and source.random() < 0.35:
            other = "|" + draw(source, depth - 1) if source.random() < 0.4 else ""
            part = f"{source.choice(GROUPS)}{draw(source, depth - 1)}{other})"
        else:
            part = source.choice(ATOMS)
        text += part + (source.choice(REPEATS) if source.random() < 0.3 else "")
    return text


def drawn(source: random.Random) -> str:
    flags = source.choice(["", "", "", "(?i)", "(?x)", "(?s)", "(?im)", "(?i-s)"])
    begin, end = (source.choice(["", ".*"]) for _ in range(2))
    return f"{flags}{begin}{draw(source, 3)}{end}"


def matches(pattern: str) -> list[int] | None:
    try:
        expression = re.compile(pattern)
    except re.error:
        return None
    return [index for index, path in enumerate(PATHS) if expression.fullmatch(path)]


def too_long(*_) -> None:
    raise TimeoutError


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, too_long)
    source = random.Random(11)
    patterns = dict.fromkeys(WRITTEN + [drawn(source) for _ in range(1500)])
    cases = []
    for pattern in patterns:
        # Python backtracks without end in some.
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            found = matches(pattern)
        except TimeoutError:
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        # Most that are drawn at random match nothing.
        if found or pattern in WRITTEN or len(cases) % 4 == 0:
            cases.append([pattern, found])
        elif found is None and source.random() < 0.1:
            cases.append([pattern, None])
    write_json(
        folder("module_patterns") / "case.json",
        {"generator": "tools/reference/module_patterns.py", "versions": versions(), "paths": PATHS, "cases": cases},
    )
