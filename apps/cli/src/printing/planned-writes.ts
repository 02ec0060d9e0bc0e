import { lstat } from 'node:fs/promises';
import { formatBytes } from '@attune/runs';
import { onOneLine } from './printable.js';
import type { Printer } from './printer.js';

/** A file or a folder that a command would write. */
export interface PlannedWrite {
  readonly path: string;
  /** Missing where it is not known before the work is done. */
  readonly bytes?: number;
}

/** Says what would be written where, and what would be replaced, for `--dry-run`. */
export async function reportPlannedWrites(
  writes: readonly PlannedWrite[],
  json: boolean,
  stdout: Printer,
): Promise<void> {
  const planned = await Promise.all(
    writes.map(async (write) => ({
      ...write,
      replaces: (await lstat(write.path).catch(() => undefined)) !== undefined,
    })),
  );
  if (json) {
    stdout.writeJson({ dryRun: true, writes: planned });
    return;
  }
  const lines = planned.map(({ path, bytes, replaces }) => {
    const size = bytes === undefined ? '' : `  ${formatBytes(bytes)}`;
    return `  ${onOneLine(path)}${size}  ${replaces ? 'replaced' : 'new'}\n`;
  });
  stdout.write(`Would write:\n${lines.join('')}Nothing was written.\n`);
}
