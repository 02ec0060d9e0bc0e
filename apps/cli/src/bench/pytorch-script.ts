import { AttuneError } from '@attune/core';
import { TRAINING, type BenchOptions } from './measure.js';
import type { BenchModel } from './sizes.js';

/** The body of the script, which reads SETTINGS. It is written for PyTorch 2 and needs nothing else. */
const BODY = String.raw`
import json, platform, resource, statistics, struct, time
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(SETTINGS["seed"])
if SETTINGS["threads"]:
    torch.set_num_threads(SETTINGS["threads"])
V, T, L, H, C = (SETTINGS[key] for key in ("vocabSize", "positions", "nLayer", "nHead", "nEmbd"))
BIAS, EPSILON = SETTINGS["bias"], SETTINGS["layerNormEpsilon"]
APPROXIMATE = "tanh" if SETTINGS["activation"] == "gelu_new" else "none"


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = (nn.LayerNorm(C, eps=EPSILON, bias=BIAS) for _ in range(2))
        self.c_attn, self.c_proj = nn.Linear(C, 3 * C, bias=BIAS), nn.Linear(C, C, bias=BIAS)
        self.c_fc, self.mlp_proj = nn.Linear(C, 4 * C, bias=BIAS), nn.Linear(4 * C, C, bias=BIAS)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (part.view(b, t, H, C // H).transpose(1, 2) for part in self.c_attn(self.ln_1(x)).split(C, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.c_proj(y.transpose(1, 2).reshape(b, t, C))
        return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x)), approximate=APPROXIMATE))


class GPT2(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V, C), nn.Embedding(T, C)
        self.h = nn.ModuleList(Block() for _ in range(L))
        self.ln_f = nn.LayerNorm(C, eps=EPSILON, bias=BIAS)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                scale = 0.02 / (2 * L) ** 0.5 if name.endswith("proj.weight") else 0.02
                nn.init.normal_(parameter, std=scale)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, base = json.loads(file.read(length)), 8 + length
        for name, about in header.items():
            if name == "__metadata__":
                continue
            begin, end = about["data_offsets"]
            file.seek(base + begin)
            dtype = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}.get(about["dtype"])
            if dtype is not None and end > begin:
                data = torch.frombuffer(bytearray(file.read(end - begin)), dtype=dtype)
                yield name.removeprefix("transformer."), data.view(about["shape"]).float()


@torch.no_grad()
def load(model, path):
    own = dict(model.named_parameters())
    for name, tensor in read_safetensors(path):
        name = name.replace("mlp.c_proj", "mlp_proj").replace(".attn.", ".").replace(".mlp.", ".")
        if name in own:
            # Hugging Face's GPT-2 stores linear layers as [in, out].
            linear = name.split(".")[-2] in ("c_attn", "c_proj", "c_fc", "mlp_proj") and tensor.dim() == 2
            own.pop(name).copy_(tensor.t() if linear else tensor)
    if own:
        raise SystemExit(f"{path} has no {', '.join(own)}")


model = GPT2()
if SETTINGS["weights"]:
    load(model, SETTINGS["weights"])
state = SETTINGS["seed"] & 0xFFFFFFFF


def token():
    global state
    state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
    return state * V >> 32


def batch():
    rows = torch.tensor([[token() for _ in range(SETTINGS["blockSize"] + 1)] for _ in range(SETTINGS["batchSize"])])
    return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()


decayed = [parameter for parameter in model.parameters() if parameter.dim() > 1]
others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": SETTINGS["weightDecay"]}, {"params": others, "weight_decay": 0.0}],
    lr=SETTINGS["learningRate"],
    betas=(SETTINGS["beta1"], SETTINGS["beta2"]),
)
milliseconds, losses = [], []
for step in range(SETTINGS["warmup"] + SETTINGS["steps"]):
    x, y = batch()
    start = time.perf_counter()
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), SETTINGS["gradClip"])
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    losses.append(loss.item())
    if step >= SETTINGS["warmup"]:
        milliseconds.append(1000 * (time.perf_counter() - start))
median = statistics.median(milliseconds)
quartiles = statistics.quantiles(milliseconds, n=4, method="inclusive") if len(milliseconds) > 1 else [median] * 3
result = {
    "name": SETTINGS["name"],
    "parameters": sum(parameter.numel() for parameter in model.parameters()),
    "batchSize": SETTINGS["batchSize"],
    "blockSize": SETTINGS["blockSize"],
    "stepMs": {
        "median": median,
        "min": min(milliseconds),
        "max": max(milliseconds),
        "spread": (quartiles[2] - quartiles[0]) / median,
    },
    "tokensPerSecond": 1000 * SETTINGS["batchSize"] * SETTINGS["blockSize"] / median,
    "loss": {"first": losses[0], "last": losses[-1]},
    "memory": {"peakResidentBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024},
}
versions = {"torch": torch.__version__, "python": platform.python_version()}
print(json.dumps({"versions": versions, "threads": torch.get_num_threads(), "results": [result]}, indent=2))
`;

/**
 * A script that times the same step in PyTorch: the same shapes, optimizer, clipping, dtype, threads and tokens. It prints JSON in
 * the form of `attune bench --json`.
 *
 * @throws AttuneError INVALID_CONFIG for a model that the script has no words for.
 */
export function pytorchScript(
  { name, model, batchSize, blockSize, folder }: BenchModel,
  { warmup, steps, seed }: BenchOptions,
  threads: number | undefined,
): string {
  const { config } = model;
  if (config.family !== 'gpt2' || config.tieEmbeddings === false) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `There is a script for models of GPT-2's family; ${name} is none.`,
      {
        fix: 'Measure a size, a preset of pretrain, or the folder of a GPT-2.',
      },
    );
  }
  const { vocabSize, nLayer, nHead, nEmbd, bias, activation, layerNormEpsilon } = config;
  const settings = {
    ...{ name, vocabSize, positions: config.blockSize, nLayer, nHead, nEmbd, activation, layerNormEpsilon },
    ...{ batchSize, blockSize, warmup, steps, seed, ...TRAINING },
    bias,
    threads: threads ?? null,
    weights: folder === undefined ? null : `${folder}/model.safetensors`,
  };
  // A text in JSON is a text in Python; so is an object, but for three words.
  const text = JSON.stringify(JSON.stringify(settings));
  return `"""The step that attune bench measures, in PyTorch: python3 FILE. It prints JSON of the same form."""
import json

SETTINGS = json.loads(${text})
${BODY}`;
}
