import { isAbsolute, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { AttuneError } from '@attune/core';
import { builtWithCuda, preparedFolder, readManifest } from '@attune/backend-cuda';
import { fieldGroup, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { attuneCommand } from '../environment/invocation.js';
import { download } from '../setup/cuda/download.js';
import { planCuda, prepareCuda } from '../setup/cuda/prepare-cuda.js';
import { runProgram } from '../setup/cuda/tools.js';
import { jsonField } from './shared-flags.js';

const setup = fieldGroup('Setup');

const fields = {
  libtensorflow: setup.optionalText('path', {
    description:
      "TensorFlow's C library: a folder, an archive, a wheel, a folder of wheels, or an address (default: ATTUNE_LIBTENSORFLOW)",
  }),
  sha256: setup.optionalText('hex', {
    description: 'SHA-256 of what the address has, where that is not part of it (#sha256=…) or on pypi.org',
  }),
  dir: setup.optionalText('dir', {
    description: 'output folder (default: ATTUNE_CUDA_DIR, else where --backend cuda looks)',
  }),
  force: setup.switch({ description: 'prepare again what is there already' }),
  dryRun: setup.switch({ description: 'show what would be done, and do nothing' }),
  yes: setup.switch({ description: 'do not ask for confirmation' }),
  json: jsonField,
};

const HOW =
  "Get one with: pip install --target tf 'tensorflow[and-cuda]', then: attune setup cuda --libtensorflow tf. " +
  'The guide on CUDA (docs/guide/cuda.md) has the other ways.';

/** Asks on the terminal; where there is none, `--yes` has to be given. */
async function confirm({ stderr }: Context): Promise<void> {
  if (!process.stdin.isTTY || !stderr.isTTY) {
    throw new AttuneError(
      'INVALID_CONFIG',
      'This downloads and compiles, and there is no terminal to confirm it on.',
      {
        fix: 'Add --yes to skip the confirmation.',
      },
    );
  }
  const terminal = createInterface({ input: process.stdin, output: stderr.stream });
  try {
    const answer = await terminal.question('Go on? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw new AttuneError('INTERRUPTED', 'Nothing was changed.');
    }
  } finally {
    terminal.close();
  }
}

interface SetupFlags {
  readonly libtensorflow?: string;
  readonly sha256?: string;
  readonly dir?: string;
}

/** The folder to make, and what it is made from. */
function requestOf({ libtensorflow, sha256, dir }: SetupFlags, { env }: Context) {
  const source = libtensorflow ?? env['ATTUNE_LIBTENSORFLOW'];
  if (process.platform !== 'linux') {
    throw new AttuneError(
      'SETUP_FAILED',
      `The CUDA backend is prepared on Linux only, not on ${process.platform}.`,
      {
        fix: 'On Windows, use WSL 2. macOS has no CUDA: use --backend webgpu or cpu.',
      },
    );
  }
  if (!source) {
    throw new AttuneError('INVALID_CONFIG', '--libtensorflow is missing: the TensorFlow to build for.', {
      fix: HOW,
    });
  }
  const folder = dir === undefined ? preparedFolder({ ...env }) : resolve(dir);
  if (!isAbsolute(folder)) {
    throw new AttuneError('INVALID_CONFIG', `ATTUNE_CUDA_DIR has to be an absolute path, but is ${folder}.`);
  }
  return {
    folder,
    libtensorflow: source,
    ...(sha256 !== undefined && { sha256 }),
    compiler: env['CXX'] ?? 'c++',
  };
}

/** `attune setup cuda`: makes `--backend cuda` work. */
export function setupCommand(context: Context): Command {
  const { stdout, stderr, env } = context;
  const command = new Command('setup')
    .description('prepare what a backend needs beyond npm packages')
    .argument(
      '<backend>',
      'cuda: the addon of @tensorflow/tfjs-node-gpu, built for a TensorFlow of your own',
    );
  return addFlags(command, fields).action(async (backend: string, options: Record<string, unknown>) => {
    if (backend !== 'cuda') {
      throw new AttuneError(
        'INVALID_CONFIG',
        `The backend "${backend}" needs no preparation: only cuda does.`,
      );
    }
    const { force, yes, dryRun, json, ...given } = withDefaults(fields, readFlags(fields, options));
    const request = requestOf(given, context);
    const { folder } = request;
    const there = readManifest(folder);
    if (there && !force) {
      const text = `${folder} is prepared already, for TensorFlow ${there.tensorflow}. --force prepares it again.`;
      if (json) stdout.writeJson({ folder, changed: false, ...there });
      else stdout.write(`${text}\n`);
      return;
    }
    if (dryRun) {
      const steps = planCuda(request);
      if (json) stdout.writeJson({ dryRun: true, folder, steps });
      else stdout.write(`Would\n${steps.map((step) => `  - ${step}\n`).join('')}Nothing was changed.\n`);
      return;
    }
    stderr.write(
      `This will\n${planCuda(request)
        .map((step) => `  - ${step}\n`)
        .join('')}`,
    );
    if (!yes) await confirm(context);
    // Nobody but this user is to write to what is made, by whichever program.
    process.umask(process.umask() | 0o022);
    const log = (line: string) => void stderr.write(`${line}\n`);
    const manifest = await prepareCuda(request, { run: runProgram, download, log });
    const cuda = await builtWithCuda(resolve(folder, manifest.libraries));
    if (json) {
      stdout.writeJson({ folder, changed: true, cuda: cuda ?? null, ...manifest });
      return;
    }
    const isDefault = folder === preparedFolder({ ...env, ATTUNE_CUDA_DIR: undefined });
    const next = `${isDefault ? '' : `ATTUNE_CUDA_DIR=${folder} `}${attuneCommand(context)} doctor`;
    const note =
      cuda === false ? 'It was built for the CPU: --backend cuda needs --allow-cpu with it.\n' : '';
    stdout.write(`TensorFlow ${manifest.tensorflow} is ready, in ${folder}\n${note}\nNext: ${next}\n`);
  });
}
