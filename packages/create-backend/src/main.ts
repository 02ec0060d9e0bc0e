import { relative, resolve } from 'node:path';
import { isAttuneError } from '@attune/core';
import { HELP, readArguments, type Arguments } from './arguments.js';
import { fromRegistry, fromTarballs, ownVersion } from './attune-packages.js';
import { pluginNames } from './names.js';
import { pluginFiles } from './plugin-files.js';
import { writePlugin } from './write-plugin.js';

/** Where the command prints, and the folder that it works in. */
export interface Terminal {
  readonly cwd: string;
  print(text: string): void;
  printError(text: string): void;
}

const terminal = (): Terminal => ({
  cwd: process.cwd(),
  print: (text) => void process.stdout.write(text),
  printError: (text) => void process.stderr.write(text),
});

/** Runs the command. @returns its exit code: 0, or 2 where something about the call is wrong. */
export async function main(
  args: readonly string[],
  { cwd, print, printError }: Terminal = terminal(),
): Promise<number> {
  try {
    const read = readArguments(args);
    if (read === 'help') print(HELP);
    else if (read === 'version') print(`${ownVersion()}\n`);
    else print(create(read, cwd));
    return 0;
  } catch (error) {
    if (!isAttuneError(error)) throw error;
    printError(`${error.message}\n`);
    return 2;
  }
}

/** Writes the plugin. @returns what to do next. */
function create({ name, out, testRunner, platform, packages }: Arguments, cwd: string): string {
  const names = pluginNames(name);
  const folder = resolve(cwd, out ?? names.folder);
  const attune = packages === undefined ? fromRegistry() : fromTarballs(resolve(cwd, packages), folder);
  const files = pluginFiles({ names, testRunner, platform, attune });
  writePlugin(folder, files);
  const shown = relative(cwd, folder) || '.';
  return `${[...files.keys()].length} files of ${names.package} are in ${shown}. Next:

  cd ${shown}
  npm install
  npm test          # the conformance kit, under ${testRunner}
  npm run report    # a report of it, and a badge

Then README.md: what to replace, in which order.
`;
}
