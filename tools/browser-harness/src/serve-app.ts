import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Jest's NODE_ENV and NODE_OPTIONS are not for Vite. */
const environment = (mode: 'production' | 'development') => ({
  ...process.env,
  NODE_ENV: mode,
  NODE_OPTIONS: '',
});

/** A Vite application, with packages of this repository installed as a user has them. */
export interface InstalledApp {
  /** Builds it with Vite's defaults and serves what was built, or runs the development server. */
  serve(mode: 'build' | 'dev'): Promise<ServedApp>;
  remove(): Promise<void>;
}

/** An application that is being served, to a page that is cross-origin isolated. */
export interface ServedApp {
  readonly url: string;
  close(): Promise<void>;
}

/** Copies an application and installs the packages in it. @param packages their names, those they depend on apart. */
export async function installApp(application: URL, packages: readonly string[]): Promise<InstalledApp> {
  const scratch = path('../../../.tmp');
  await mkdir(scratch, { recursive: true });
  // Within the repository, so that packages of others are found.
  const folder = await mkdtemp(join(scratch, 'vite-app-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await cp(application, folder, { recursive: true });
    await promisify(execFile)(process.execPath, [path('../install-packages.js'), folder, ...packages]);
  } catch (error) {
    await remove();
    throw error;
  }
  return { serve: (mode) => serveApp(folder, mode), remove };
}

async function serveApp(folder: string, mode: 'build' | 'dev'): Promise<ServedApp> {
  const args = [path('../serve-app.js'), folder, ...(mode === 'dev' ? ['--dev'] : [])];
  const server = spawn(process.execPath, args, {
    env: environment(mode === 'dev' ? 'development' : 'production'),
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += String(chunk);
      const [, found] = /Serving (http:\S+)/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    void ended.then(() => reject(new Error(`Vite could not serve ${folder}:\n${output}`)));
  });
  return {
    url,
    async close() {
      server.kill();
      await ended;
    },
  };
}
