/** `run.lock` of a run: whoever left it, it is taken, or refused by name. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';

const folder = mkdtempSync(join(tmpdir(), 'attune-fuzz-'));

export const target = {
  form: 'json',
  seeds: [
    { id: 'x', pid: 999_999_999, host: hostname(), began: '5' },
    { id: 'x', pid: process.pid, host: hostname(), began: null },
    { id: 'x', pid: 1, host: 'elsewhere', began: null },
  ],
  // Ten files are written for each.
  share: 0.1,
  close: () => rmSync(folder, { recursive: true }),
  async read(bytes) {
    writeFileSync(join(folder, 'run.lock'), bytes);
    const lock = await diskFolder(folder).lock();
    await lock.release();
    if (readdirSync(folder).length > 0) throw new Error(`left behind: ${readdirSync(folder).join(', ')}`);
  },
};
