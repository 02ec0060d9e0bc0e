import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { attempt } from './attempt.js';
import type { MachineFacts } from '../facts/facts.js';

/** Where npm lies beside Node: on Unix, on Windows. It is read, not run. */
const NPM = ['../lib/node_modules/npm/package.json', 'node_modules/npm/package.json'];

async function npmBeside(executable: string): Promise<string | undefined> {
  for (const path of NPM) {
    const text = await attempt(() => readFile(join(dirname(executable), path), 'utf8'));
    const { version } = (text === undefined ? {} : JSON.parse(text)) as { version?: unknown };
    if (typeof version === 'string') return version;
  }
  return undefined;
}

/** Node, its flags, and the npm that comes with it, or that started this process. */
export async function nodeFacts(
  env: Readonly<Record<string, string | undefined>>,
): Promise<NonNullable<MachineFacts['node']>> {
  const agent = /^npm\/([\w.-]+)/.exec(env['npm_config_user_agent'] ?? '')?.[1];
  const npm = agent ?? (await attempt(() => npmBeside(process.execPath)));
  const flags = [...process.execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/).filter(Boolean)];
  return { version: process.version, flags, ...(npm !== undefined && { npm }) };
}
