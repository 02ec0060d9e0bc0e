"""Writes the `chat_templates` fixture: conversations as transformers writes and encodes them, with what is trained.

Templates of our own (`chat_templates/*.jinja`) render the format of each family, and mark answers with
`{% generation %}`. Every family has a file: the template without and with marks, the special tokens and the tokenizer
(of the `tiny_tokenizers` fixture) it is used with, and for each conversation the text, its ids and the spans of ids
that `return_assistant_tokens_mask` gives (null if none), or the message with which the template refuses it.
"""

import json
import re
from pathlib import Path

import jinja2
import tokenizers
import transformers

from fixtures import folder, versions, write_json
from tiny_tokenizers import make

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": 'The weather in a city, "now" — or later',
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def turn(role: str, content: str, **more) -> dict:
    return {"role": role, "content": content, **more}


def asked(*contents: str) -> list[dict]:
    """User and assistant in turn."""
    return [turn("assistant" if i % 2 else "user", content) for i, content in enumerate(contents)]


CONVERSATIONS = {
    "one answer": asked("What is the capital of France?", "Paris."),
    "two answers": asked("Hi", "Hello there!", "And the cat?", "It sat on the mat."),
    "the same answer thrice": asked("a", "yes", "b", "yes", "yes", "yes"),
    "system": [turn("system", "You are terse."), *asked("Hi", "Hello", "Bye", "So long")],
    "empty system": [turn("system", ""), *asked("Hi", "Hello")],
    "unicode": asked("Привет 👩\u200d🔬", "naïve e\u0301 世界 😀 \u00a0 \ufeff", "😀", "🇫🇷"),
    "white space": asked("  in  \n\n", "\n  leading and trailing \t\n", "\n", " x "),
    "an answer of digits": asked("1", "2", "3", "4567"),
    "an empty answer": asked("Say nothing", "", "More", "of it"),
    "look-alikes": asked(
        "<|im_start|>assistant\nhm<|im_end|></s>[INST] <|user|>",
        "The token <|im_end|> ends it, </s> and <|eot_id|><end_of_turn> too <|assistant|>\n",
        "{{ bos_token }} {% endfor %}",
        "<|end|><|endoftext|> {{ raise_exception('no') }}",
    ),
    "an answer like its header": asked("user", "assistant\nassistant", "[/INST]", "[/INST] <|assistant|>\nmodel"),
    "code": asked("Add", "```python\ndef add(a, b):\n    return a + b\n```\n\nIt's done."),
    "thoughts": asked(
        "6 * 7?",
        "<think>\nSix times seven is forty-two.\n</think>\n\n42",
        "And half of it?",
        "<think>\nso:\n\n  21 \n</think>\n\n\n 21",
    ),
    "reasoning": [
        turn("user", "6 * 7?"),
        turn("assistant", "42", reasoning_content="\n six times seven\n"),
        turn("user", "Half?"),
        turn("assistant", "21", reasoning_content="half of it"),
    ],
    "the user begins and ends": asked("Hi", "Hello", "Bye"),
    "two answers in a row": [
        turn("user", "Hi"),
        turn("assistant", "Hello"),
        turn("assistant", "you"),
        *asked("x", "y"),
    ],
    "the assistant begins": [turn("assistant", "Hello, what is it?"), *asked("Nothing", "Fine")],
}
TOOLS = {
    "tools": [
        turn("system", "Use tools."),
        turn("user", "Weather in Paris?"),
        turn(
            "assistant",
            "",
            tool_calls=[
                {"type": "function", "function": {"name": "weather", "arguments": {"city": "Paris", "unit": "c°"}}},
                {"type": "function", "function": {"name": "weather", "arguments": {}}},
            ],
        ),
        turn("tool", '{"celsius": 21}'),
        turn("tool", "none"),
        turn("assistant", "It is 21 degrees."),
        turn("user", "Thanks"),
        turn("assistant", "Let me look.", tool_calls=[{"name": "weather", "arguments": {"city": "Lyon"}}]),
    ],
}

# Where generation ends besides the end-of-sequence token, as generation_config.json has it.
ENDS = {"phi": ["<|endoftext|>", "<|end|>"]}
# Family: tokenizer, its special tokens, whether tools are tried, further variables.
FAMILIES = {
    "chatml": ("byte_level", {"eos_token": "<|im_end|>", "pad_token": "<pad>"}, False, {}),
    "chatml_without_prompt": ("byte_level", {"eos_token": "<|endoftext|>"}, False, {}),
    "llama2": ("sentencepiece_bpe", {"bos_token": "<s>", "eos_token": "</s>"}, False, {}),
    "llama3": ("byte_level_split", {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}, False, {}),
    "mistral": ("metaspace_bpe", {"bos_token": "<s>", "eos_token": "</s>"}, False, {}),
    "qwen25": ("byte_level", {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}, True, {}),
    "qwen3": ("byte_level", {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}, False, {}),
    "qwen3_no_thoughts": ("byte_level", {"eos_token": "<|im_end|>"}, False, {"enable_thinking": False}),
    "smollm": ("byte_level", {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}, False, {}),
    "gemma": ("gemma_bpe", {"bos_token": "<bos>", "eos_token": "<eos>"}, False, {}),
    "phi": ("sentencepiece_bpe", {"bos_token": "<s>", "eos_token": "<|endoftext|>"}, False, {}),
    "zephyr": ("metaspace_bpe", {"bos_token": "<s>", "eos_token": "</s>"}, False, {}),
    "r1": ("byte_level_split", {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}, False, {}),
    "chatml_wordpiece": ("wordpiece", {"eos_token": "<|im_end|>"}, False, {}),
    "chatml_unigram": ("unigram", {"eos_token": "<|im_end|>"}, False, {}),
}
GENERATION = re.compile(r"\{%-? (end)?generation -?%\}")


def template_of(family: str) -> str:
    here = Path(__file__).with_name("chat_templates")
    name = next(path for path in sorted(here.glob("*.jinja"), reverse=True) if family.startswith(path.stem))
    return name.read_text("utf-8")


def runs(mask: list[int]) -> list[list[int]]:
    """The mask as spans [start, end)."""
    edges = [i for i, (a, b) in enumerate(zip([0, *mask], [*mask, 0], strict=True)) if a != b]
    return [list(pair) for pair in zip(edges[::2], edges[1::2], strict=True)]


def case(tokenizer, template: str, messages: list[dict], **options) -> dict:
    plain = GENERATION.sub("", template)
    try:
        text = tokenizer.apply_chat_template(messages, chat_template=plain, tokenize=False, **options)
    except jinja2.exceptions.TemplateError as error:
        return {"refused": str(error)}
    assert text == tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False, **options)
    encoded = tokenizer.apply_chat_template(
        messages, chat_template=template, return_dict=True, return_assistant_tokens_mask=True, **options
    )
    prompt = tokenizer.apply_chat_template(
        messages, chat_template=plain, tokenize=False, add_generation_prompt=True, **options
    )
    return {
        "text": text,
        "prompt": prompt[len(text) :] if prompt.startswith(text) else None,
        "ids": encoded["input_ids"],
        # transformers gives up where a marked text begins with a character that belongs to no token.
        "trained": runs(encoded["assistant_masks"]) or None,
    }


def write(family: str) -> None:
    kind, tokens, uses_tools, variables = FAMILIES[family]
    tokenizer = make(kind, **tokens)
    template = template_of(family)
    cases = [
        {"name": name, "messages": messages} | case(tokenizer, template, messages, **variables)
        for name, messages in CONVERSATIONS.items()
    ]
    if uses_tools:
        cases += [
            {"name": name, "messages": messages, "tools": [WEATHER]}
            | case(tokenizer, template, messages, tools=[WEATHER], **variables)
            for name, messages in TOOLS.items()
        ]
    path = folder("chat_templates") / f"{family}.json"
    content = {
        "tokenizer": kind,
        "tokens": tokens,
        "variables": variables,
        "ends": [tokenizer.convert_tokens_to_ids(token) for token in ENDS.get(family, [])],
        "template": GENERATION.sub("", template),
        "marked": template,
        "cases": cases,
    }
    path.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n", "utf-8")
    refused = sum("refused" in each for each in cases)
    print(f"{family}: {len(cases)} conversations, {refused} refused, {path.stat().st_size} bytes")


if __name__ == "__main__":
    for each in FAMILIES:
        write(each)
    write_json(
        folder("chat_templates") / "case.json",
        {
            "generator": "tools/reference/chat_templates.py",
            "versions": versions(transformers, tokenizers, jinja2),
            "families": list(FAMILIES),
        },
    )
