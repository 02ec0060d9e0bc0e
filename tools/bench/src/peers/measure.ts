/**
 * One engine of `wasm-peers.js`, in a process of its own: prepares works, and does them when it is told to.
 *
 * Node 20 has relaxed SIMD behind a flag, which is switched on before any engine looks.
 */
import { setFlagsFromString } from 'node:v8';
import type { Doing, PeerOptions } from './engines.js';
import { works } from './works.js';

/** A call of the parent's. */
export interface Call {
  readonly work: string;
  /** Milliseconds that it may take. */
  readonly budget: number;
}

/** Milliseconds of each run; with the first call of a work, its result. */
export type Answer =
  | { readonly milliseconds: readonly number[]; readonly result?: readonly number[] }
  | { readonly version: string }
  | { readonly fault: string };

setFlagsFromString('--experimental-wasm-relaxed-simd');
const [name, options] = process.argv.slice(2) as [string, string];
const { inputOf, openPeer } = await import('./engines.js');
const answer = (message: Answer) => process.send!(message);
const prepared = new Map<string, Doing>();

/** Runs until the time is over, three times at least. */
async function repeat(run: () => Promise<unknown>, budget: number): Promise<number[]> {
  const milliseconds: number[] = [];
  const end = performance.now() + budget;
  while (performance.now() < end || milliseconds.length < 3) {
    const start = performance.now();
    await run();
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}

try {
  const engine = await openPeer(name, JSON.parse(options) as PeerOptions);
  process.on('message', ({ work: id, budget }: Call) => {
    void (async () => {
      const work = works[id]!;
      const x = inputOf(work);
      const known = prepared.get(id);
      const doing = known ?? (await engine.prepare(work));
      prepared.set(id, doing);
      // Engines compile what is called often: the first call is for that.
      const result = known ? undefined : [...(await doing(x))];
      const milliseconds = await repeat(() => doing(x), budget);
      answer({ milliseconds, ...(result && { result }) });
    })().catch((error: unknown) => answer({ fault: String(error) }));
  });
  answer({ version: engine.version });
} catch (error) {
  answer({ fault: (error as Error).message });
}
