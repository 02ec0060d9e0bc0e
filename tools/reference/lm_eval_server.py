"""Scores a model with lm-evaluation-harness through `attune serve`, and compares with `attune evaluate`.

    node apps/cli/bin/attune.js serve RUN --port 8123 &
    python tools/reference/lm_eval_server.py http://127.0.0.1:8123 RUN

The harness runs its own code (`local-completions`): it tokenizes with the model's tokenizer.json, sends token ids, or texts
with `--texts`, and reads log-probabilities of the echoed prompt. What it scored goes to
`attune evaluate` as token files, and the log-likelihoods must agree to 1e-4. `--body FILE` writes the first request's body.
"""

import argparse
import array
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")

import requests  # noqa: E402
from lm_eval.evaluator import simple_evaluate  # noqa: E402
from lm_eval.models.openai_completions import LocalCompletionsAPI  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent / "lm_eval"
ATTUNE = HERE.parents[2] / "apps/cli/bin/attune.js"
TOLERANCE = 1e-4


class Recording(LocalCompletionsAPI):
    """The harness's own client, which notes what it asked and what it read."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.bodies = []
        self.scored = []

    def _create_payload(self, *args, **kwargs):
        body = super()._create_payload(*args, **kwargs)
        self.bodies.append(json.loads(json.dumps(body)))
        return body

    def _loglikelihood_tokens(self, requests, **kwargs):
        answers = super()._loglikelihood_tokens(requests, **kwargs)
        for (_, context, continuation), (logprob, _) in zip(requests, answers, strict=True):
            self.scored.append((context, continuation, logprob))
        return answers


def evaluate(run, tokens, vocab_size):
    """The log-likelihood of all tokens but the first, by `attune evaluate` on a token file of them."""
    if len(tokens) < 2:
        return 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        for split in ("train", "val"):
            (path / f"{split}.bin").write_bytes(array.array("H", tokens).tobytes())
        meta = {"dtype": "uint16", "vocabSize": vocab_size, "tokenizer": None}
        (path / "meta.json").write_text(json.dumps(meta))
        command = ["node", str(ATTUNE), "evaluate", "--model", run, "--data", folder, "--json"]
        command += ["--block-size", str(len(tokens) - 1)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        metrics = json.loads(done.stdout)
    assert metrics["tokens"] == len(tokens) - 1, metrics
    return -metrics["loss"] * metrics["tokens"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("run")
    parser.add_argument("--texts", action="store_true", help="send texts, not token ids")
    parser.add_argument("--max-length", type=int, default=64, help="the model's context")
    parser.add_argument("--prefix", default="\n", help="what a whole text is scored after; one token")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--concurrent", type=int, default=1)
    parser.add_argument("--compare", type=int, default=4, help="choices to compare; each takes two runs")
    parser.add_argument("--body", help="where to write the first request's body")
    options = parser.parse_args()
    options.run = str(pathlib.Path(options.run).resolve())
    options.body = options.body and pathlib.Path(options.body).resolve()
    name = requests.get(f"{options.url}/v1/models", timeout=10).json()["data"][0]["id"]
    final = pathlib.Path(options.run) / "final"
    tokenizer_folder = final if final.is_dir() else pathlib.Path(options.run)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(tokenizer_folder))
    (prefix,) = tokenizer(options.prefix, add_special_tokens=False).input_ids
    lm = Recording(
        model=name,
        base_url=f"{options.url}/v1/completions",
        tokenizer=str(tokenizer_folder),
        tokenizer_backend="huggingface",
        tokenized_requests=not options.texts,
        max_length=options.max_length,
        custom_prefix_token_id=prefix,
        batch_size=options.batch_size,
        num_concurrent=options.concurrent,
    )
    os.chdir(HERE)
    results = simple_evaluate(
        model=lm,
        tasks=["stories_choice", "stories_rolling"],
        task_manager=TaskManager(include_path=str(HERE), include_defaults=False),
        bootstrap_iters=0,
    )
    for task, metrics in results["results"].items():
        print(task, {key: value for key, value in metrics.items() if isinstance(value, float)})
    print("first request:", json.dumps(lm.bodies[0]))
    if options.body:
        options.body.write_text(json.dumps(lm.bodies[0]) + "\n")
    size = json.loads((tokenizer_folder / "config.json").read_text())["vocab_size"]
    worst = 0.0
    for context, continuation, logprob in lm.scored[: options.compare] + lm.scored[-3:]:
        own = evaluate(options.run, context + continuation, size) - evaluate(options.run, context, size)
        print(f"{len(context)} + {len(continuation)} tokens: harness {logprob:.6f}, attune evaluate {own:.6f}")
        worst = max(worst, abs(own - logprob))
    print(f"largest difference {worst:.2e}")
    if worst > TOLERANCE:
        sys.exit("they do not agree")


if __name__ == "__main__":
    main()
