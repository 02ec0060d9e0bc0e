import { Readable, Writable } from 'node:stream';
import type { World } from '../environment/context.js';
import { main } from '../main.js';
import type { Output } from '../printing/printer.js';

/** The output and exit code of a command that has ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sink(): { readonly output: Output; text(): string } {
  let text = '';
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { output, text: () => text };
}

/** Runs a command in this process, as a program without a terminal would. */
export async function runAttune(args: readonly string[], overrides: Partial<World> = {}): Promise<Finished> {
  const [stdout, stderr] = [sink(), sink()];
  const code = await main(args, {
    stdin: Readable.from([]),
    stdout: stdout.output,
    stderr: stderr.output,
    env: {},
    importer: (specifier) => import(specifier),
    onInterrupt: () => () => undefined,
    exit: () => undefined,
    ...overrides,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** A text that is easy to learn. */
export const TEXT = 'the cat sat on the mat. the dog sat on the log.\n'.repeat(40);

/** Flags of a run that takes a moment. */
export const TINY = [
  ...['--backend', 'reference', '--max-iters', '6', '--batch-size', '2', '--block-size', '8'],
  ...['--n-layer', '1', '--n-head', '2', '--n-embd', '8', '--warmup-iters', '2', '--seed', '1'],
  ...['--eval-interval', '3', '--eval-iters', '2', '--checkpoint-interval', '4', '--sample-tokens', '12'],
];
