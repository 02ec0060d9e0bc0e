import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('../bundle-page.js', import.meta.url));

/** A folder with a page's `tests.js` and what it loads. */
export interface Bundle {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Bundles a page's entry with Vite. @throws Error with Vite's own account if that fails. */
export async function bundle(entry: URL): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'attune-page-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    // Jest's NODE_ENV and NODE_OPTIONS are not for Vite.
    const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' };
    await promisify(execFile)(process.execPath, [script, fileURLToPath(entry), folder], { env });
  } catch (error) {
    await remove();
    throw new Error(`Vite could not bundle ${entry.pathname}:\n${(error as { stderr?: string }).stderr}`, {
      cause: error,
    });
  }
  return { folder, remove };
}
