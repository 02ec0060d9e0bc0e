import { spawn } from 'node:child_process';
import { systemPrograms } from '@attune/backend-cuda';
import { AttuneError } from '@attune/core';
import type { CheckedAddress } from './checksum.js';

/** How a program is run. */
export interface RunOptions {
  readonly cwd: string;
}

/** The network, commands and files that the preparation uses. Tests bring their own. */
export interface SetupTools {
  /** Runs a program to its end, and gives what it printed on stdout. Fails with SETUP_FAILED and the end of its output. */
  readonly run: (command: string, args: readonly string[], options: RunOptions) => Promise<string>;
  /** Downloads a file, and checks it. */
  readonly download: (address: CheckedAddress, file: string) => Promise<void>;
  /** Hears what is being done. */
  readonly log: (line: string) => void;
}

/** How much of a failed program's output is shown. */
const TAIL = 2000;

/** Runs a program, as {@link SetupTools.run} says. */
export function runProgram(command: string, args: readonly string[], { cwd }: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const { env } = systemPrograms();
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, output] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const missing = cause.code === 'ENOENT';
      const what = missing ? `The program "${command}" is not installed` : `"${command}" does not run`;
      reject(new AttuneError('SETUP_FAILED', `${what}: ${cause.message}.`, { cause, data: { missing } }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
      const text = `"${command} ${args[0] ?? ''}" ${how}:\n${output.trim().slice(-TAIL)}\n`;
      reject(new AttuneError('SETUP_FAILED', text, { data: { missing: false } }));
    });
  });
}
