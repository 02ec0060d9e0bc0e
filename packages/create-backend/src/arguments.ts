import { AttuneError, didYouMean } from '@attune/core';
import type { Platform } from './plugin-files.js';
import { testRunners, type TestRunnerName } from './runners.js';

/** The command line, read. */
export interface Arguments {
  readonly name: string;
  readonly out?: string;
  readonly testRunner: TestRunnerName;
  readonly platform: Platform;
  readonly packages?: string;
}

/** Usage of the command. */
export const HELP = `Writes a backend plugin for attune, in TypeScript, that passes the conformance kit.

  npm create @attune/backend NAME -- [options]

  NAME                  the npm package to write: metal, @me/backend-metal

  --out FOLDER          where to write it; default: a folder of that name, here
  --test-runner RUNNER  ${Object.keys(testRunners).join(', ')}; default: node:test, which needs no package
  --platform PLATFORM   any: browsers, workers and Node; node: Node alone. Default: any
  --packages FOLDER     take attune's own packages from the tarballs in FOLDER, as npm pack names them,
                        and not from npm's registry
  --help, --version

  npm create @attune/backend metal
  npm create @attune/backend @me/backend-metal -- --out metal --test-runner vitest --platform node
`;

const values: Readonly<Record<string, readonly string[] | undefined>> = {
  out: undefined,
  'test-runner': Object.keys(testRunners),
  platform: ['any', 'node'],
  packages: undefined,
};
const flags = [...Object.keys(values), 'help', 'version'];

const refuse = (message: string, fix?: string): never => {
  throw new AttuneError('INVALID_ARGUMENT', message, { fix: fix ?? 'See --help.' });
};

/**
 * Reads a command line.
 *
 * @returns what it asks for: a plugin, or a text about the command.
 * @throws AttuneError INVALID_ARGUMENT that names the flag or value, and the nearest that exists.
 */
export function readArguments(given: readonly string[]): Arguments | 'help' | 'version' {
  const found = new Map<string, string>();
  const names: string[] = [];
  const rest = [...given];
  for (let one = rest.shift(); one !== undefined; one = rest.shift()) {
    if (one === '-h' || one === '--help') return 'help';
    if (one === '--version') return 'version';
    if (!one.startsWith('-')) {
      names.push(one);
      continue;
    }
    const [, flag = one, value] = /^--([^=]+)(?:=(.*))?$/s.exec(one) ?? [];
    if (!Object.hasOwn(values, flag)) refuse(`There is no flag ${one.split('=')[0]}.`, suggestFlag(flag));
    if (found.has(flag)) refuse(`--${flag} is given twice.`);
    found.set(flag, valueOf(flag, value ?? rest.shift()));
  }
  if (names.length !== 1) {
    refuse(
      names.length === 0
        ? 'A NAME for the package is missing.'
        : `One NAME is expected, but got ${names.join(' ')}.`,
      'For example: npm create @attune/backend metal.',
    );
  }
  const [out, packages] = [found.get('out'), found.get('packages')];
  return {
    name: names[0]!,
    testRunner: (found.get('test-runner') ?? 'node:test') as TestRunnerName,
    platform: (found.get('platform') ?? 'any') as Platform,
    ...(out !== undefined && { out }),
    ...(packages !== undefined && { packages }),
  };
}

const suggestFlag = (flag: string) =>
  didYouMean(
    `--${flag.replace(/^-+/, '')}`,
    flags.map((name) => `--${name}`),
  );

function valueOf(flag: string, value: string | undefined): string {
  if (value === undefined || value === '' || value.startsWith('--'))
    return refuse(`--${flag} needs a value.`);
  const known = values[flag];
  if (known && !known.includes(value)) {
    refuse(
      `--${flag} is one of ${known.join(', ')}, but got ${JSON.stringify(value)}.`,
      didYouMean(value, known),
    );
  }
  return value;
}
