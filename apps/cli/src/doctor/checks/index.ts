import type { Check } from '../facts/finding.js';
import { canTrain } from './engines/can-train.js';
import { instructionSet } from './engines/instruction-set.js';
import { nativeEngine } from './engines/native-engine.js';
import { webAssembly } from './engines/web-assembly.js';
import { diskSpace } from './files/disk-space.js';
import { runFolder } from './files/run-folder.js';
import { writable } from './files/writable.js';
import { cuda } from './gpu/cuda.js';
import { webgpu } from './gpu/webgpu.js';
import { addressSpace } from './machine/address-space.js';
import { clock } from './machine/clock.js';
import { memory } from './machine/memory.js';
import { openFiles } from './machine/open-files.js';
import { threads } from './machine/threads.js';
import { nodeFlags } from './node/node-flags.js';
import { nodeVersion } from './node/node-version.js';
import { npmVersion } from './node/npm-version.js';
import { packageCopies } from './packages/copies.js';
import { peers } from './packages/peers.js';
import { packageVersions } from './packages/versions.js';
import { hub } from './surroundings/hub.js';
import { mpi } from './surroundings/mpi.js';
import { terminal } from './surroundings/terminal.js';

/** The checks, by the heading that their findings stand under. */
export const checkGroups: readonly (readonly [heading: string, checks: readonly Check[]])[] = [
  ['what computes', [canTrain, nativeEngine, instructionSet, webAssembly, webgpu, cuda]],
  ['node and packages', [nodeVersion, npmVersion, nodeFlags, packageVersions, packageCopies, peers]],
  ['machine', [memory, threads, openFiles, addressSpace, clock]],
  ['files', [diskSpace, writable, runFolder]],
  ['surroundings', [terminal, hub, mpi]],
];
