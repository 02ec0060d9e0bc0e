import { memoryFolder, type WritableFolder } from '@attune/files';

/** The line of a step in a log, with round numbers. */
export const stepLine = (step: number, more: object = {}) => ({
  ...{ step, epoch: step / 4, loss: 4 / step, lr: 0.5, gradNorm: 1, tokens: 8 * step },
  ...{ tokensPerSecond: 100, stepMs: 500 },
  ...more,
});

const SESSION = {
  backend: { name: 'reference', device: 'interpreter', deterministic: true },
  versions: { attune: '0.1.0', node: '20.0.0', platform: 'linux x64' },
};

/** The record of a run with sessions from some steps on, a minute after each other. */
export const recordOf = (...fromSteps: readonly number[]) => ({
  ...{ format: 1, seed: 7 },
  data: { path: 'data/book', trainTokens: 1000, hashes: { train: 'a', val: 'b' } },
  sessions: fromSteps.map((fromStep, i) => ({
    fromStep,
    startedAt: `2026-01-01T00:0${i}:00.000Z`,
    ...SESSION,
  })),
});

/** The folder of a run, in memory. */
export function runFolder(files: Readonly<Record<string, string>>, name = 'runs/book'): WritableFolder {
  const encoded = Object.entries(files).map(
    ([path, text]) => [path, new TextEncoder().encode(text)] as const,
  );
  return memoryFolder(encoded, name);
}

/** Lines of a log as a file has them. */
export const logOf = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
