/**
 * Asks `attune serve` as many clients at once do, and prints one JSON object: one client, then all of them, each of which asks
 * anew as soon as it has its 32 tokens. Fails where an answer is neither 200, nor 429 with `retry-after`; where the server's
 * memory grows by more than 5 % after the first 10 seconds of all clients; or where all together get less than three times the
 * tokens that one does.
 *
 *     node tools/bench/dist/generation/serve-load.js --clients 100 --seconds 60 --threads 1
 *
 * The server is a process of its own; so are the clients, on the same machine. Without `--model`, one of the size of the preset
 * `stories` is made: what it says does not matter. With `--llama FOLDER`, where `npm install node-llama-cpp` was run, one and eight
 * requests are answered by llama.cpp as well, in one batch of its own, with the same weights, and no HTTP.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    llama: { type: 'string' },
    clients: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    tokens: { type: 'string', default: '32' },
    threads: { type: 'string', default: '1' },
    rows: { type: 'string', default: '8' },
    queue: { type: 'string', default: '128' },
    /** Milliseconds after which a client leaves, in one of ten requests; 0: none does. */
    leave: { type: 'string', default: '0' },
  },
});
const [clients, seconds, tokens, leave] = [values.clients, values.seconds, values.tokens, values.leave].map(
  Number,
) as [number, number, number, number];

const attune = fileURLToPath(new URL('../../../../apps/cli/bin/attune.js', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'attune-load-'));

async function makeModel(): Promise<string> {
  const out = join(folder, 'stories');
  // llama.cpp has no exact GELU.
  const size = ['--preset', 'stories', '--activation', 'gelu_new', '--bias'];
  const short = ['--max-iters', '20', '--eval-interval', '0', '--threads', '1'];
  await run([attune, 'pretrain', ...size, ...short, '--out', out]);
  return out;
}

const run = (args: readonly string[]) => promisify(execFile)(process.execPath, args);

/** Lets llama.cpp answer. */
async function askLlama(model: string, llama: string): Promise<unknown> {
  const out = join(folder, 'gguf');
  await run([attune, 'export', '--format', 'gguf', '--model', model, '--out', out]);
  const peer = fileURLToPath(new URL('../peers/llama-batch.js', import.meta.url));
  const file = join(out, 'model-f32.gguf');
  const flags = ['--folder', llama, '--model', file, '--tokens', values.tokens, '--threads', values.threads];
  return JSON.parse((await run([peer, ...flags])).stdout);
}

/** Starts the server. */
async function serve(model: string) {
  const { threads, rows, queue } = values;
  const flags = ['--port', '0', '--json', '--threads', threads, '--rows', rows, '--queue', queue];
  const server = spawn(process.execPath, [attune, 'serve', model, '--name', 'stories', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: server.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const event = JSON.parse(line) as { readonly event: string; readonly url: string };
      if (event.event === 'ready') resolve(event.url);
    });
    server.on('exit', (code) => reject(new Error(`attune serve ended with ${code}.`)));
  });
  const stop = async () => {
    server.removeAllListeners('exit');
    const ended = new Promise((resolve) => server.on('exit', resolve));
    server.kill('SIGINT');
    await ended;
  };
  return { url, pid: server.pid!, stop };
}

/** Resident megabytes of a process, on Linux. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: number | undefined;
  /** Milliseconds. */
  readonly first: number;
  readonly total: number;
  readonly tokens: number;
  readonly left: boolean;
}

/** One request, whose answer is streamed. */
function ask(url: string, agent: Agent, seed: number, leaves: boolean): Promise<Answer> {
  const body = JSON.stringify({
    ...{ model: 'stories', prompt: 'Once there was a', max_tokens: tokens, temperature: 1 },
    ...{ seed, stream: true, stream_options: { include_usage: true } },
  });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v1/completions`, { method: 'POST', agent, headers }, (response) => {
      let [first, text] = [NaN, ''];
      const answer = (left: boolean): Answer => ({
        status: response.statusCode!,
        retryAfter: response.headers['retry-after'] ? Number(response.headers['retry-after']) : undefined,
        ...{ first, total: performance.now() - begin, left },
        tokens: Number(/"completion_tokens":(\d+)/.exec(text)?.[1] ?? 0),
      });
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (Number.isNaN(first)) first = performance.now() - begin;
        // The count stands near the end.
        text = text.slice(-2000) + piece;
      });
      response.on('end', () => resolve(answer(false)));
      response.on('error', (error) => (leaves ? resolve(answer(true)) : reject(error)));
    });
    asked.on('error', (error) =>
      leaves
        ? resolve({ status: 0, retryAfter: undefined, first: NaN, total: NaN, tokens: 0, left: true })
        : reject(error),
    );
    if (leaves) setTimeout(() => asked.destroy(), leave).unref();
    asked.end(body);
  });
}

/** The value below which a share of the values lies. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

const rounded = (value: number) => Number(value.toFixed(1));

/** Lets clients ask for some seconds. */
async function load(url: string, count: number, duration: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const answers: Answer[] = [];
  const begin = performance.now();
  const end = begin + 1000 * duration;
  let seed = 0;
  const client = async () => {
    while (performance.now() < end) {
      const own = seed++;
      const answer = await ask(url, agent, own, leave > 0 && own % 10 === 0);
      answers.push(answer);
      if (answer.status === 429) {
        await new Promise((resolve) => setTimeout(resolve, 1000 * (answer.retryAfter ?? 0)));
      }
    }
  };
  await Promise.all(Array.from({ length: count }, client));
  const elapsed = (performance.now() - begin) / 1000;
  agent.destroy();
  const whole = answers.filter(({ status, left }) => status === 200 && !left);
  const sortedOf = (key: 'first' | 'total') => whole.map((answer) => answer[key]).sort((a, b) => a - b);
  const percentiles = (sorted: readonly number[]) => ({
    p50: rounded(quantile(sorted, 0.5)),
    p99: rounded(quantile(sorted, 0.99)),
  });
  const statuses: Record<string, number> = {};
  for (const { status, left } of answers)
    statuses[left ? 'left' : status] = (statuses[left ? 'left' : status] ?? 0) + 1;
  return {
    clients: count,
    statuses,
    unexpected: answers.filter(
      ({ status, retryAfter, left }) =>
        !left && status !== 200 && !(status === 429 && retryAfter !== undefined),
    ).length,
    endedEarly: whole.filter((answer) => answer.tokens !== tokens).length,
    tokensPerSecond: Math.round(whole.reduce((sum, answer) => sum + answer.tokens, 0) / elapsed),
    firstTokenMs: percentiles(sortedOf('first')),
    totalMs: percentiles(sortedOf('total')),
  };
}

try {
  const model = values.model ?? (await makeModel());
  const llama = values.llama === undefined ? undefined : await askLlama(model, values.llama);
  const { url, pid, stop } = await serve(model);
  try {
    // Compiles, and warms up.
    await load(url, 1, 2);
    const one = await load(url, 1, 8);
    const eight = await load(url, 8, 8);
    const memory: number[] = [];
    const timer = setInterval(() => void residentMb(pid).then((found) => memory.push(found)), 1000);
    const all = await load(url, clients, seconds);
    clearInterval(timer);
    // One value may be from right after, or right before, garbage is collected.
    const median = (found: readonly number[]) =>
      quantile(
        [...found].sort((a, b) => a - b),
        0.5,
      );
    const [early, late] = [median(memory.slice(8, 13)), median(memory.slice(-5))];
    const grown = late / early - 1;
    const gain = all.tokensPerSecond / one.tokensPerSecond;
    const ok = all.unexpected === 0 && !(grown > 0.05) && gain >= 3;
    const memoryMb = {
      after10s: Math.round(early),
      atEnd: Math.round(late),
      grown: Number(grown.toFixed(3)),
    };
    console.log(
      JSON.stringify({ ok, gain: Number(gain.toFixed(2)), one, eight, all, memoryMb, llama }, null, 2),
    );
    if (!ok) process.exitCode = 1;
  } finally {
    await stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
