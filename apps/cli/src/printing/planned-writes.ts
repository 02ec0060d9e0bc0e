import { lstat } from 'node:fs/promises';
import type { TrialChange } from '@attune/files/node';
import { formatBytes } from '@attune/runs';
import { onOneLine } from './printable.js';
import type { Printer } from './printer.js';

/** How the changes of a command are shown. */
export interface PlanOptions {
  readonly json: boolean;
  /** Sentences for people and programs about what the command would do. */
  readonly notes?: readonly string[];
}

/** The fate of a path. */
type Effect = 'new' | 'replaced' | 'continued' | 'removed';

async function effectOf({ path, kind }: TrialChange): Promise<Effect> {
  if (kind === 'remove') return 'removed';
  const isThere = (await lstat(path).catch(() => undefined)) !== undefined;
  if (!isThere) return 'new';
  return kind === 'write' ? 'replaced' : 'continued';
}

/** Says what would be written where, and what would be replaced or removed, for `--dry-run`. */
export async function reportPlannedWrites(
  changes: readonly TrialChange[],
  { json, notes = [] }: PlanOptions,
  stdout: Printer,
): Promise<void> {
  const planned: { path: string; bytes?: number; effect: Effect }[] = [];
  for (const change of changes) {
    const { path, bytes } = change;
    planned.push({ path, ...(bytes !== undefined && { bytes }), effect: await effectOf(change) });
  }
  if (json) {
    stdout.writeJson({ dryRun: true, changes: planned, notes });
    return;
  }
  const lines = planned.map(({ path, bytes, effect }) => {
    const size = bytes === undefined ? '' : `  ${formatBytes(bytes)}`;
    return `  ${onOneLine(path)}${size}  ${effect}\n`;
  });
  const said = notes.map((note) => `${onOneLine(note)}\n`);
  const head = lines.length === 0 ? 'Would write no file.\n' : `Would write:\n${lines.join('')}`;
  stdout.write(`${said.join('')}${head}Nothing was written.\n`);
}
