"""Reads event files of attune's with TensorBoard's own Python readers, and writes the bytes of its own messages.

    pip install tensorboard
    python tensorboard_events.py fixture      # writes packages/tracking/src/tensorboard/testing/events.json
    python tensorboard_events.py check RUN    # RUN/tensorboard against RUN/metrics.jsonl

`check` compares every scalar and step, and the texts, with the log of the run; then again from a log that is cut at many
places in the middle of a record, which must be read up to there; then from a folder with a file of an earlier session
beside, whose steps must not be told twice.
"""

import base64
import json
import math
import shutil
import struct
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_TENSOR, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.util import tensor_util

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "packages/tracking/src/tensorboard/testing/events.json"
TAGS = {
    "epoch": "train/epoch",
    "loss": "train/loss",
    "lr": "train/learning_rate",
    "gradNorm": "train/grad_norm",
    "tokens": "train/tokens",
    "tokensPerSecond": "train/tokens_per_second",
    "stepMs": "train/step_ms",
    "skipped": "train/skipped",
    "valLoss": "eval/loss",
    "perplexity": "eval/perplexity",
}


def scalar(tag, number):
    return Summary.Value(tag=tag, simple_value=np.float32(number))


def text(tag, string):
    metadata = SummaryMetadata(
        plugin_data=SummaryMetadata.PluginData(plugin_name="text"), data_class=DATA_CLASS_TENSOR
    )
    tensor = TensorProto(dtype=DT_STRING, tensor_shape={}, string_val=[string.encode()])
    return Summary.Value(tag=tag, tensor=tensor, metadata=metadata)


def framed(event):
    data = event.SerializeToString(deterministic=True)
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


def fixture():
    events = {
        "fileVersion": Event(wall_time=1.5, file_version="brain.Event:2"),
        "sessionStart": Event(wall_time=1.5, session_log=SessionLog(status=SessionLog.START)),
        "scalars": Event(
            wall_time=1732856042.25,
            step=300,
            summary=Summary(value=[scalar("train/loss", 2.3), scalar("eval/loss", math.nan), scalar("zero", 0)]),
        ),
        "text": Event(
            wall_time=2.0, step=2**40, summary=Summary(value=[text("sample", "    größe\n    <b>bold</b>")])
        ),
    }
    encoded = {name: base64.b64encode(framed(event)).decode() for name, event in events.items()}
    FIXTURE.parent.mkdir(exist_ok=True)
    FIXTURE.write_text(json.dumps(encoded, indent=2) + "\n")


def logged(run):
    """What the log of a run says: by tag, [(step, value as f32)]."""
    expected = defaultdict(list)
    for line in (run / "metrics.jsonl").read_text().splitlines():
        metrics = json.loads(line)
        for key, number in metrics.items():
            if key != "step":
                tag = TAGS.get(key, f"train/{key}")
                expected[tag].append((metrics["step"], np.float32(math.nan if number is None else number)))
    return expected


def accumulated(folder):
    """The scalars and texts that two of TensorBoard's readers find in a folder: the one for programs, and the page's own."""
    everything = {"tensors": 0, "scalars": 0}
    accumulator = EventAccumulator(str(folder), size_guidance=everything).Reload()
    scalars = {
        tag: [(e.step, e.value) for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]
    }
    all_of_them = {"scalars": 0, "text": 0}
    page = plugin_event_accumulator.EventAccumulator(str(folder), tensor_size_guidance=all_of_them).Reload()
    shown, texts = {}, {}
    for tag in page.Tags()["tensors"]:
        plugin = page.SummaryMetadata(tag).plugin_data.plugin_name
        events = [(e.step, tensor_util.make_ndarray(e.tensor_proto).item()) for e in page.Tensors(tag)]
        (shown if plugin == "scalars" else texts)[tag] = events
    same(shown, scalars)
    return scalars, texts


def same(found, expected):
    assert set(found) == set(expected), (set(found), set(expected))
    for tag in expected:
        assert [step for step, _ in found[tag]] == [step for step, _ in expected[tag]], tag
        np.testing.assert_array_equal([v for _, v in found[tag]], [v for _, v in expected[tag]], tag)


def events_of(file):
    return list(EventFileLoader(str(file)).Load())


def check(run):
    folder = run / "tensorboard"
    [file] = folder.iterdir()
    expected = logged(run)
    scalars, texts = accumulated(folder)
    same(scalars, expected)
    samples = {int(path.stem[5:]): path.read_bytes().decode() for path in (run / "samples").glob("step-*.txt")}
    assert len(texts["config"]) == 1
    assert [step for step, _ in texts["sample"]] == sorted(samples)
    for step, shown in texts["sample"]:
        lines = [line[4:] for line in shown.decode().split("\n")]
        assert "\n".join(lines) == samples[step].removesuffix("\n"), step
    whole = events_of(file)
    times = [event.wall_time for event in whole]
    assert times == sorted(times)
    count = sum(map(len, expected.values()))
    print(f"whole: {count} scalars and {len(samples)} samples are those of the log")

    data = file.read_bytes()
    with tempfile.TemporaryDirectory() as temporary:
        cut = Path(temporary) / file.name
        lengths = range(len(data) - 1, 0, -max(1, len(data) // 300))
        for length in lengths:
            cut.write_bytes(data[:length])
            read = events_of(cut)
            assert read == whole[: len(read)]
            # Not one that is whole is missing.
            end = 0
            for _ in read:
                end += 16 + struct.unpack_from("<Q", data, end)[0]
            assert end <= length
            assert length < end + 12 or length < end + 16 + struct.unpack_from("<Q", data, end)[0]
    print(f"cut at {len(lengths)} places: read up to the last whole record")

    with tempfile.TemporaryDirectory() as temporary:
        shutil.copy(file, temporary)
        # A session that was killed in the middle of a record, and whose file was not removed.
        earlier = Path(temporary) / "events.out.tfevents.1000000000.000.attune"
        earlier.write_bytes(data[:-5])
        assert len(list(Path(temporary).iterdir())) == 2
        same(accumulated(Path(temporary))[0], expected)
    print("beside the file of an earlier session: each step once")


if __name__ == "__main__":
    if sys.argv[1:] == ["fixture"]:
        fixture()
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        check(Path(sys.argv[2]))
    else:
        sys.exit(__doc__)
