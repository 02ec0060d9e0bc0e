import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { AttuneError, isAttuneError } from '@attune/core';
import {
  MANIFEST,
  PACKAGE,
  readManifest,
  writableByOthers,
  type PreparedManifest,
} from '@attune/backend-cuda';
import { addonOf, buildAddon } from './build-addon.js';
import {
  findLibtensorflow,
  notTensorflow,
  sourceOf,
  type Libtensorflow,
  type Source,
} from './libtensorflow.js';
import { writeLockedPackages } from './locked-packages.js';
import { checkProcessor } from './this-machine.js';
import type { SetupTools } from './tools.js';
import { unpack } from './unpack.js';

/** The one version there is one engine with: that of the tfjs packages that attune comes with. */
export const TFJS_NODE_VERSION = '4.22.0';

/** The request of `attune setup cuda`. */
export interface PrepareCudaRequest {
  /** The folder to make. */
  readonly folder: string;
  /** A folder, an archive, a wheel, a folder of wheels, or the address of one. */
  readonly libtensorflow: string;
  /** The checksum of the file at the address. */
  readonly sha256?: string;
  /** The C++ compiler. */
  readonly compiler: string;
}

/** The path under which a folder is put together. It stays when a step fails, and is resumed. */
const unfinishedOf = (folder: string) => `${folder}.unfinished`;
/** The file in it that says which steps are done. */
const PROGRESS = 'progress.json';
/** The folder in it for unpacked libraries. */
const UNPACKED = 'libtensorflow';

/**
 * Says what {@link prepareCuda} would do, step by step: for people to agree to.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, INVALID_CONFIG
 */
export function planCuda({ folder, libtensorflow, sha256, compiler }: PrepareCudaRequest): string[] {
  const source = sourceOf(libtensorflow, sha256);
  const obtain =
    source.kind === 'url'
      ? `download ${source.url}, compare its SHA-256 with ${source.sha256 ?? 'the one that pypi.org publishes'}, and unpack it`
      : source.kind === 'files'
        ? `unpack ${source.files.map((file) => basename(file)).join(', ')} (TensorFlow takes about 1 GB)`
        : `use the libraries where they are, in ${source.folder}`;
  return [
    obtain,
    `download ${PACKAGE} ${TFJS_NODE_VERSION} from npm, as attune's lockfile has it, without install scripts (about 300 MB on disk)`,
    `compile its native addon with ${compiler}`,
    `put all of it into ${resolve(folder)}`,
  ];
}

/** Steps that an earlier attempt came through, if it was after the same thing. */
class Progress {
  private readonly file: string;
  private readonly done: Set<string>;
  /** True if there was such an attempt. */
  readonly begun: boolean;

  constructor(
    folder: string,
    private readonly goal: string,
  ) {
    this.file = join(folder, PROGRESS);
    let earlier: { readonly goal?: string; readonly done?: readonly string[] } = {};
    try {
      earlier = JSON.parse(readFileSync(this.file, 'utf8')) as typeof earlier;
    } catch {
      // There was none.
    }
    this.begun = earlier.goal === goal;
    this.done = new Set(this.begun ? earlier.done : []);
  }

  /** Writes down what is done. */
  async save(): Promise<void> {
    await writeFile(this.file, JSON.stringify({ goal: this.goal, done: [...this.done] }));
  }

  async step(name: string, work: () => Promise<void>): Promise<void> {
    if (this.done.has(name)) return;
    await work();
    this.done.add(name);
    await this.save();
  }
}

/** Removes a folder; what a killed attempt's npm may still write into it, too. */
function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10 });
}

async function installPackage(folder: string, { run }: SetupTools): Promise<void> {
  await writeLockedPackages(folder);
  // With --prefix, npm does not look for a project that the folder may lie in.
  const flags = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
  try {
    await run('npm', ['ci', ...flags], { cwd: folder });
  } catch (error) {
    if (!isAttuneError(error, 'SETUP_FAILED')) throw error;
    throw new AttuneError('SETUP_FAILED', error.message, {
      cause: error,
      fix: error.data?.['missing']
        ? 'Install npm, which comes with Node, and run this again.'
        : 'If there is no network, give npm a mirror (npm config set registry URL) or a cache that has the package, and run this again: it resumes from here.',
    });
  }
}

/**
 * A text that identifies the goal, so that an attempt is resumed for the same one only: files of a name may have been
 * replaced.
 */
function goalOf(source: Source): string {
  const files = source.kind === 'files' ? source.files : [];
  const stamps = files.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return [size, mtimeMs];
  });
  return JSON.stringify({ source, stamps, version: TFJS_NODE_VERSION });
}

/**
 * The libraries, once they are unpacked.
 *
 * @throws AttuneError FILE_CORRUPT where there are none, or they are for another machine.
 */
async function libtensorflowOf(source: Source, folder: string, given: string): Promise<Libtensorflow> {
  const found = findLibtensorflow(source.kind === 'folder' ? source.folder : join(folder, UNPACKED));
  if (!found) throw notTensorflow(given);
  for (const file of found.files) await checkProcessor(file);
  return found;
}

async function unpackSource(source: Source, folder: string, tools: SetupTools): Promise<void> {
  const unpacked = join(folder, UNPACKED);
  await remove(unpacked);
  if (source.kind === 'folder') return;
  const downloaded = source.kind === 'url' ? join(folder, basename(new URL(source.url).pathname)) : undefined;
  if (source.kind === 'url' && !existsSync(downloaded!)) await tools.download(source, downloaded!);
  try {
    for (const file of source.kind === 'files' ? source.files : [downloaded!]) {
      tools.log(`Unpacking ${basename(file)}`);
      await unpack(file, unpacked, tools);
    }
  } finally {
    // If it could not be unpacked, it is not worth keeping either.
    if (downloaded) await rm(downloaded, { force: true });
  }
}

/** Loads the addon in a process of its own, and gives the version of TensorFlow that it answers with. */
async function versionOf(folder: string, { run }: SetupTools): Promise<string> {
  const script = 'console.log(JSON.stringify(require(process.argv[1]).TF_Version))';
  const printed = await run(process.execPath, ['-e', script, addonOf(folder)], { cwd: folder });
  return JSON.parse(printed.trim().split('\n').at(-1)!) as string;
}

/** Where an earlier folder is while another takes its place. */
const oldOf = (folder: string) => `${folder}.old`;

/** Refuses a folder that another user may have put something into, or may yet: what is prepared is run. */
function checkWriters(folder: string): void {
  const fault = writableByOthers(folder);
  if (fault === undefined) return;
  throw new AttuneError('SETUP_FAILED', `${fault}: others could change what is prepared there.`, {
    fix: 'Give a folder that you alone may write to with --dir, or remove what others have put there.',
  });
}

/** Looks at what earlier attempts left, or others in their name. */
function checkPlace(folder: string): void {
  [folder, unfinishedOf(folder), oldOf(folder)].filter((path) => existsSync(path)).forEach(checkWriters);
}

/** Puts back an earlier folder, if a process ended before another had taken its place. */
async function restore(folder: string): Promise<void> {
  if (!existsSync(folder) && existsSync(oldOf(folder))) await rename(oldOf(folder), folder);
}

/** Puts a finished folder in the place of an earlier one. */
async function replace(unfinished: string, folder: string): Promise<void> {
  const old = oldOf(folder);
  await remove(old);
  if (existsSync(folder)) await rename(folder, old);
  await rename(unfinished, folder);
  await remove(old);
}

/**
 * Prepares `@tensorflow/tfjs-node-gpu` with an addon that was built against a given libtensorflow.
 *
 * All of it happens in a folder beside the one that is asked for, which takes its place, whole, at the end. After a failure
 * the next attempt begins with the step that failed.
 *
 * @throws AttuneError SETUP_FAILED, FILE_NOT_FOUND, FILE_CORRUPT, INVALID_CONFIG
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
  const source = sourceOf(request.libtensorflow, request.sha256);
  const unfinished = unfinishedOf(folder);
  checkPlace(folder);
  await restore(folder);
  const progress = new Progress(unfinished, goalOf(source));
  if (!progress.begun) await remove(unfinished);
  await mkdir(unfinished, { recursive: true });
  checkWriters(unfinished);
  await progress.save();

  // What was given comes first: it is the most likely to be wrong.
  await progress.step('libtensorflow', async () => {
    await unpackSource(source, unfinished, tools);
    await libtensorflowOf(source, unfinished, request.libtensorflow);
  });
  const libtensorflow = await libtensorflowOf(source, unfinished, request.libtensorflow);
  await progress.step('package', async () => {
    tools.log(`Installing ${PACKAGE} ${TFJS_NODE_VERSION}`);
    await installPackage(unfinished, tools);
  });
  const within = source.kind !== 'folder';
  tools.log('Compiling the native addon');
  await buildAddon({ folder: unfinished, libtensorflow, within, compiler: request.compiler }, tools);
  const manifest: PreparedManifest = {
    tfjsNode: TFJS_NODE_VERSION,
    tensorflow: await versionOf(unfinished, tools),
    libraries: within ? relative(unfinished, libtensorflow.libraries) : libtensorflow.libraries,
    source: request.libtensorflow,
  };
  await writeFile(join(unfinished, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await mkdir(dirname(folder), { recursive: true });
  await replace(unfinished, folder);
  // Until here, so that an attempt that ends while folders change places is taken up by the next.
  await rm(join(folder, PROGRESS), { force: true });
  return manifest;
}
