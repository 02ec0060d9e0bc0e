import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunFiles } from './forged-run.js';

/** A model of 9,168 parameters with a chat template, which transformers wrote, and rows for it. */
export const fixture = fileURLToPath(
  new URL('../../../../packages/backend-testkit/fixtures/finetune_llama', import.meta.url),
);
const attune = fileURLToPath(new URL('../../../cli/bin/attune.js', import.meta.url));

const things = ['ball', 'hat', 'cake', 'bed', 'cup'];
const colours = ['red', 'blue', 'green', 'grey'];
/** Twenty questions and answers. */
export const rows = things
  .flatMap((thing) =>
    colours.map(
      (colour) => `Q: Tom has a ${colour} ${thing}. What does Tom have?\nA: A ${colour} ${thing}.\n`,
    ),
  )
  .join('\n');

/** 32 steps, of which four a pass. */
export const SETTINGS = {
  ...{ epochs: 8, batchSize: 4, learningRate: 0.02, sampleTokens: 8, validationFraction: 0.2 },
};

/** Runs a command of the command line in a folder. */
export function run(cwd: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, NODE_OPTIONS: '' } };
    const child = execFile(process.execPath, [attune, ...args], options, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout),
    );
    child.stdin!.end(input);
  });
}

/** Writes the files of an archive into a folder. */
export async function unpack(files: RunFiles, into: string): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(into, path)), { recursive: true });
    await writeFile(join(into, path), bytes);
  }
}

/** The files of a folder, in a folder of an archive. */
export async function filesIn(place: string, folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { name, parentPath } of await readdir(place, { recursive: true, withFileTypes: true }).then(
    (entries) => entries.filter((entry) => entry.isFile()),
  )) {
    const path = join(parentPath, name);
    files.set(`${folder}/${path.slice(place.length + 1)}`, await readFile(path));
  }
  return files;
}

/** The files of the fixture's model, in a folder of an archive. */
export const modelFiles = (folder: string) => filesIn(join(fixture, 'model'), folder);

/** Losses of a run's log, in order of the steps. */
export async function lossesOf(folder: string): Promise<number[]> {
  const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { loss: number }).loss);
}

/** Losses are the same, but for the last bits. */
export function expectSame(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((loss, i) => expect(Math.abs(loss - expected[i]!)).toBeLessThanOrEqual(1e-5));
}
