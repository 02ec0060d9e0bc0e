/**
 * Measures `attune prepare` on a large text: seconds, tokens a second and the highest resident memory, for one
 * tokenizer. `cpuSeconds` is of all threads, and hardly depends on what else the machine does. The text is the
 * embedded corpus, continued to the size asked for. Prints one JSON object.
 *
 *     node tools/bench/dist/text/prepare.js --tokenizer char|bytes|gpt2 [--gb 1] [--workers 2] [--val-fraction 0.1]
 *         [--text FILE] [--out DIR]
 *
 * With `--text`, the text is kept in FILE, or taken from there; with `--out`, the token files are kept.
 * `tools/reference/bench_tokenizers.py` times Hugging Face's tokenizers on the same file.
 */
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { storyCorpus } from '@attune/demo-data';
import { prepare, type PrepareProgress } from '@attune/data/node';

const { values } = parseArgs({
  options: {
    tokenizer: { type: 'string', default: 'gpt2' },
    gb: { type: 'string', default: '1' },
    workers: { type: 'string' },
    'val-fraction': { type: 'string', default: '0.1' },
    text: { type: 'string' },
    out: { type: 'string' },
  },
});

/** Writes stories of one seed after another, until there are `bytes` of them. */
async function writeText(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    let written = 0;
    for (let seed = 1; written < bytes; seed++) {
      const text = storyCorpus({ seed, stories: 20_000 });
      // Stories are ASCII: characters are bytes.
      written += (await file.write(text.slice(0, bytes - written))).bytesWritten;
    }
  } finally {
    await file.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'attune-bench-'));
try {
  const text = values.text ?? join(folder, 'stories.txt');
  const there = await stat(text).catch(() => null);
  if (!there) await writeText(text, Number(values.gb) * 1e9);
  const { size } = await stat(text);

  let rssPeak = 0;
  const workers = values.workers === undefined ? undefined : Number(values.workers);
  const phaseMs = { count: 0, train: 0, encode: 0 };
  const start = performance.now();
  const cpuAtStart = process.cpuUsage();
  const onProgress = ({ phase }: PrepareProgress) => {
    rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
    phaseMs[phase] = performance.now() - start;
  };
  const { meta } = await prepare({
    files: [text],
    tokenizer: values.tokenizer,
    out: values.out ?? join(folder, 'out'),
    valFraction: Number(values['val-fraction']),
    onProgress,
    ...(workers !== undefined && { workers }),
  });
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage(cpuAtStart);
  const tokens = (meta.trainTokens ?? 0) + (meta.valTokens ?? 0);
  console.log(
    JSON.stringify({
      tokenizer: values.tokenizer,
      bytes: size,
      workers: workers ?? 'default',
      cores: availableParallelism(),
      node: process.version,
      tokens,
      seconds,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      countSeconds: phaseMs.count / 1000,
      tokensPerSecond: tokens / seconds,
      megabytesPerSecond: size / 1e6 / seconds,
      rssPeak,
      rssPeakOfTheProcess: process.resourceUsage().maxRSS * 1024,
      sha256: meta.sha256,
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
