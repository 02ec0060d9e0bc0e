import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { AttuneError } from '@attune/core';
import { MANIFEST, PACKAGE, readManifest, type PreparedManifest } from '@attune/backend-cuda';
import { addonOf, buildAddon } from './build-addon.js';
import {
  findLibtensorflow,
  notTensorflow,
  sourceOf,
  type Libtensorflow,
  type Source,
} from './libtensorflow.js';
import type { SetupTools } from './tools.js';
import { unpack } from './unpack.js';

/** The one version there is one engine with: that of the tfjs packages that attune comes with. */
export const TFJS_NODE_VERSION = '4.22.0';

/** What to prepare. */
export interface PrepareCudaRequest {
  /** The folder to make. */
  readonly folder: string;
  /** A folder, an archive, a wheel, a folder of wheels, or the address of one. */
  readonly libtensorflow: string;
  /** The C++ compiler. */
  readonly compiler: string;
}

/** Where a folder is put together. It stays when a step fails, and is taken up again. */
const unfinishedOf = (folder: string) => `${folder}.unfinished`;
/** Where, in it, libraries are unpacked. */
const UNPACKED = 'libtensorflow';

/**
 * Says what {@link prepareCuda} would do, step by step: for people to agree to.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT
 */
export function planCuda({ folder, libtensorflow, compiler }: PrepareCudaRequest): string[] {
  const source = sourceOf(libtensorflow);
  const obtain =
    source.kind === 'url'
      ? `download ${source.url}, and unpack it`
      : source.kind === 'files'
        ? `unpack ${source.files.map((file) => basename(file)).join(', ')} (TensorFlow takes about 1 GB)`
        : `use the libraries where they are, in ${source.folder}`;
  return [
    `download ${PACKAGE} ${TFJS_NODE_VERSION} from npm, without its install script (about 300 MB on disk)`,
    obtain,
    `compile its native addon with ${compiler}`,
    `put all of it into ${resolve(folder)}`,
  ];
}

/** Steps that an earlier attempt came through, if it was after the same thing. */
class Progress {
  private readonly file: string;
  private readonly done: Set<string>;

  constructor(
    folder: string,
    private readonly goal: string,
  ) {
    this.file = join(folder, 'progress.json');
    this.done = new Set();
    try {
      const earlier = JSON.parse(readFileSync(this.file, 'utf8')) as { goal: string; done: string[] };
      if (earlier.goal === goal) this.done = new Set(earlier.done);
    } catch {
      // There was none.
    }
  }

  get begun(): boolean {
    return this.done.size > 0;
  }

  async step(name: string, work: () => Promise<void>): Promise<void> {
    if (this.done.has(name)) return;
    await work();
    this.done.add(name);
    await writeFile(this.file, JSON.stringify({ goal: this.goal, done: [...this.done] }));
  }

  remove(): Promise<void> {
    return rm(this.file, { force: true });
  }
}

async function installPackage(folder: string, { run }: SetupTools): Promise<void> {
  const dependencies = { [PACKAGE]: TFJS_NODE_VERSION, 'node-api-headers': '^1.5.0' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  // With --prefix, npm does not look for a project that the folder may lie in.
  const flags = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags], { cwd: folder });
}

function unpackedLibtensorflow(source: Source, folder: string): Libtensorflow {
  if (source.kind === 'folder') return findLibtensorflow(source.folder)!;
  const unpacked = join(folder, UNPACKED);
  const found = findLibtensorflow(unpacked);
  if (!found) throw notTensorflow(unpacked);
  return found;
}

async function unpackSource(source: Source, folder: string, tools: SetupTools): Promise<void> {
  const unpacked = join(folder, UNPACKED);
  await rm(unpacked, { recursive: true, force: true });
  if (source.kind === 'folder') return;
  let files = source.kind === 'files' ? source.files : [];
  if (source.kind === 'url') {
    const file = join(folder, basename(new URL(source.url).pathname));
    if (!existsSync(file)) await tools.download(source.url, file);
    files = [file];
  }
  for (const file of files) {
    tools.log(`Unpacking ${basename(file)}`);
    await unpack(file, unpacked, tools);
  }
  if (source.kind === 'url') await rm(files[0]!);
}

/** Loads the addon in a process of its own, and gives the version of TensorFlow that it answers with. */
async function versionOf(folder: string, { run }: SetupTools): Promise<string> {
  const script = 'console.log(JSON.stringify(require(process.argv[1]).TF_Version))';
  const printed = await run(process.execPath, ['-e', script, addonOf(folder)], { cwd: folder });
  return JSON.parse(printed.trim().split('\n').at(-1)!) as string;
}

/** Puts a finished folder in the place of an earlier one. */
async function replace(unfinished: string, folder: string): Promise<void> {
  const old = `${folder}.old`;
  await rm(old, { recursive: true, force: true });
  if (existsSync(folder)) await rename(folder, old);
  await rename(unfinished, folder);
  await rm(old, { recursive: true, force: true });
}

/**
 * Prepares `@tensorflow/tfjs-node-gpu` with an addon that was built against a given libtensorflow.
 *
 * All of it happens in a folder beside the one that is asked for, which takes its place, whole, at the end. After a failure
 * the next attempt begins with the step that failed.
 *
 * @throws AttuneError SETUP_FAILED, FILE_NOT_FOUND, FILE_CORRUPT
 */
export async function prepareCuda(request: PrepareCudaRequest, tools: SetupTools): Promise<PreparedManifest> {
  const folder = resolve(request.folder);
  if (existsSync(folder) && !readManifest(folder)) {
    throw new AttuneError(
      'SETUP_FAILED',
      `${folder} is there already, and was not made by attune setup cuda.`,
      {
        fix: 'Give another folder, or remove this one.',
      },
    );
  }
  const source = sourceOf(request.libtensorflow);
  const unfinished = unfinishedOf(folder);
  const progress = new Progress(unfinished, JSON.stringify({ source, version: TFJS_NODE_VERSION }));
  if (!progress.begun) await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });

  await progress.step('package', async () => {
    tools.log(`Installing ${PACKAGE} ${TFJS_NODE_VERSION}`);
    await installPackage(unfinished, tools);
  });
  await progress.step('libtensorflow', () => unpackSource(source, unfinished, tools));
  const libtensorflow = unpackedLibtensorflow(source, unfinished);
  const within = source.kind !== 'folder';
  tools.log('Compiling the native addon');
  await buildAddon({ folder: unfinished, libtensorflow, within, compiler: request.compiler }, tools);
  const manifest: PreparedManifest = {
    tfjsNode: TFJS_NODE_VERSION,
    tensorflow: await versionOf(unfinished, tools),
    libraries: within ? relative(unfinished, libtensorflow.libraries) : libtensorflow.libraries,
    source: request.libtensorflow,
  };
  await progress.remove();
  await writeFile(join(unfinished, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await mkdir(dirname(folder), { recursive: true });
  await replace(unfinished, folder);
  return manifest;
}
