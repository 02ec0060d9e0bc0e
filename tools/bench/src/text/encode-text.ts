/**
 * How fast a tokenizer.json encodes: megabytes of text for a second of CPU, with the patterns of GPT-2 and Llama 3, which run
 * on JavaScript's own engine, with one that is known to nobody, and with patterns that JavaScript would not finish. The
 * merges are GPT-2's (Llama 3's: cl100k's). Prints one JSON object a line.
 *
 *     node tools/bench/dist/text/encode-text.js [--text FILE] [--rounds 5] [--data URL]
 *
 * With `--data`, the tokenizer is another build's: the URL of its `packages/data/dist/index.js`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import type * as data from '@attune/data';
import { storyCorpus } from '@attune/demo-data';

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    data: { type: 'string', default: '@attune/data' },
  },
});
const { hfTokenizer } = (await import(values.data)) as Pick<typeof data, 'hfTokenizer'>;

const SPLITS = {
  gpt2: String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  llama3: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  unknown: String.raw`'(?:s|t|re|ve|m|ll|d)| ?\p{L}+(?!\p{N})| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
};
const ENDLESS = ['(a+){00000000000000000000000001,}b', '(((a+){4}){4}){4}b', '.*.*.*.*.*.*.*.*='];

/** Characters for bytes, as byte-level vocabularies have them. */
const characters = (() => {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let others = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : others++));
})();

/** A tokenizer.json of ranked tokens: what merges to each is what those before it make of its bytes. */
function tokenizerJson(ranks: string, pattern: string): unknown {
  const lines = readFileSync(
    createRequire(import.meta.url).resolve(`gpt-tokenizer/data/${ranks}.tiktoken`),
    'utf8',
  );
  const vocab: Record<string, number> = {};
  for (const line of lines.split('\n').filter(Boolean)) {
    const [base64, rank] = line.split(' ') as [string, string];
    vocab[Array.from(Buffer.from(base64, 'base64'), (byte) => characters[byte]!).join('')] = Number(rank);
  }
  const merges = Object.entries(vocab).flatMap(([token, rank]) => {
    let parts = Array.from(token);
    for (;;) {
      const pairs = parts.slice(1).map((part, i) => vocab[parts[i]! + part] ?? Infinity);
      const best = Math.min(...pairs);
      if (best >= rank) break;
      const at = pairs.indexOf(best);
      parts = [...parts.slice(0, at), parts[at]! + parts[at + 1]!, ...parts.slice(at + 2)];
    }
    return parts.length === 2 ? [parts] : [];
  });
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    ...{ version: '1.0', added_tokens: [], normalizer: null, post_processor: null, decoder: bytes },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [split, bytes] },
    model: { type: 'BPE', vocab, merges },
  };
}

const cpuSeconds = <T>(run: () => T): [seconds: number, result: T] => {
  const start = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1e6, result];
};

const text = values.text ? readFileSync(values.text, 'utf8') : storyCorpus({ seed: 1, stories: 2000 });
const megabytes = Buffer.byteLength(text) / 1e6;
for (const [name, pattern] of Object.entries(SPLITS)) {
  const json = tokenizerJson(name === 'llama3' ? 'cl100k_base' : 'r50k_base', pattern);
  const [load, tokenizer] = cpuSeconds(() => hfTokenizer(json));
  const runs = Array.from({ length: Number(values.rounds) }, () =>
    cpuSeconds(() => tokenizer.encode(text).length),
  );
  const seconds = runs.map(([seconds]) => seconds);
  const rate = (seconds: number) => Number((megabytes / seconds).toFixed(2));
  const [first] = seconds;
  console.log(
    JSON.stringify({
      name,
      megabytes,
      tokens: runs[0]![1],
      load,
      first: rate(first!),
      best: rate(Math.min(...seconds)),
    }),
  );
}
if (values.data === '@attune/data') {
  const model = { type: 'BPE', vocab: { a: 0, b: 1, '=': 2 }, merges: [] };
  const rest = { added_tokens: [], normalizer: null, post_processor: null, decoder: null };
  for (const Regex of ENDLESS) {
    const split = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
    const tokenizer = hfTokenizer({ ...rest, pre_tokenizer: split, model });
    for (const end of ['', 'b', '=']) {
      const [seconds] = cpuSeconds(() => tokenizer.encode('a'.repeat(100_000) + end));
      console.log(JSON.stringify({ pattern: Regex, text: `100,000 a${end && `, ${end}`}`, seconds }));
    }
  }
}
