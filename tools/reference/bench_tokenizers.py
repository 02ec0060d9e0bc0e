"""Times Hugging Face's tokenizers on a text, with GPT-2's vocabulary. Prints one JSON object.

    python bench_tokenizers.py RANKS TEXT [--megabytes 1000]

RANKS as for `gpt2_bpe.py`. The text is cut into pieces before spaces that follow something else, where GPT-2's pattern
splits anyway; batches of them are encoded on all cores (`TOKENIZERS_PARALLELISM=false`: on one) without offsets. The
ids are hashed as uint16: the checksum is that of the `train.bin` which `attune prepare --val-fraction 0` writes.
"""

import argparse
import hashlib
import json
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tokenizers

from gpt2_bpe import hugging_face, read_ranks

BATCH_BYTES = 1 << 24
PIECE_BYTES = 1 << 16


def border(data: bytes, end: int) -> int:
    """The last space before `end` that follows something else than white space, or the end of the data."""
    if end >= len(data):
        return len(data)
    at = data.rfind(b" ", 1, end)
    while data[at - 1 : at].isspace():
        at = data.rfind(b" ", 1, at)
    assert at > 0, "no place to cut"
    return at


def pieces(path: Path, limit: float) -> Iterator[list[str]]:
    with path.open("rb") as file:
        rest, read = b"", 0
        while read < limit and (block := file.read(BATCH_BYTES)):
            read += len(block)
            data = rest + block
            last = border(data, len(data) - 1)
            batch, start = [], 0
            while start < last:
                end = min(last, start + border(data[start:last], PIECE_BYTES))
                batch.append(data[start:end].decode())
                start = end
            rest = data[last:]
            yield batch
        yield [rest.decode()]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ranks", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("--megabytes", type=float, default=float("inf"))
    args = parser.parse_args()
    tokenizer = hugging_face(read_ranks(args.ranks)[0])

    start, cpu_start = time.perf_counter(), time.process_time()
    size = tokens = 0
    digest = hashlib.sha256()
    for batch in pieces(args.text, args.megabytes * 1e6):
        size += sum(map(len, map(str.encode, batch)))
        for encoding in tokenizer.encode_batch_fast(batch):
            ids = np.array(encoding.ids, dtype="<u2")
            tokens += len(ids)
            digest.update(ids.tobytes())
    seconds = time.perf_counter() - start
    report = {
        "tokenizers": tokenizers.__version__,
        "cores": os.cpu_count(),
        "parallelism": os.environ.get("TOKENIZERS_PARALLELISM", "true"),
        "bytes": size,
        "tokens": tokens,
        "seconds": seconds,
        "cpuSeconds": time.process_time() - cpu_start,
        "tokensPerSecond": tokens / seconds,
        "rssPeak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "sha256": digest.hexdigest(),
    }
    print(json.dumps(report))
