import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../serve.js', import.meta.url));

/** The playground, built and served as `npm run playground` does. */
export interface OpenPlayground {
  readonly url: string;
  /** The folder with what was built. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Builds and serves the page. @throws Error with what Vite says if that fails. */
export async function openPlayground(): Promise<OpenPlayground> {
  const out = await mkdtemp(join(tmpdir(), 'attune-playground-'));
  // Jest's NODE_ENV and NODE_OPTIONS are not for Vite.
  const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' };
  const server = spawn(process.execPath, [script, '--port', '0', '--out', out], { env });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += String(chunk);
      const found = /http:\/\/\S+/.exec(output)?.[0];
      if (found && output.includes('The playground is at')) resolve(found);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    void ended.then(() => reject(new Error(`The playground could not be built:\n${output}`)));
  });
  return {
    url,
    folder: out,
    async close() {
      server.kill();
      await ended;
      await rm(out, { recursive: true, force: true });
    },
  };
}
