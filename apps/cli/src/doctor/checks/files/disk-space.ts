import { formatBytes } from '@attune/runs';
import type { PlaceFacts } from '../../facts/facts.js';
import { fault, ok, warning, type Check, type Finding } from '../../facts/finding.js';

/** Less than the checkpoints of a small model take. */
const FULL = 64 * 2 ** 20;
/** Less than a run or a model of some hundred million parameters takes. */
const NEARLY_FULL = 2 * 2 ** 30;

const ADVICE: Readonly<Record<PlaceFacts['role'], string>> = {
  'current folder': 'Free some, or name another disk with --out.',
  cache:
    'Free some: remove models from it that are not needed; or name another disk with the variable HF_HOME.',
  'temporary folder': 'Free some, or name another disk with the variable TMPDIR.',
};

function check({ role, path, freeBytes, freeFiles }: PlaceFacts): Finding[] {
  const id = `disk-space-${role.replace(' ', '-')}`;
  const fix = ADVICE[role];
  const isFull = (freeBytes !== undefined && freeBytes < FULL) || freeFiles === 0;
  const found = isFull && role === 'current folder' ? fault : warning;
  if (freeFiles === 0) {
    return [
      found(id, `the file system of ${path} (${role}) can hold no more files: it has no inodes left`, fix),
    ];
  }
  if (freeBytes === undefined) return [];
  const text = `${formatBytes(freeBytes)} free in ${path} (${role})`;
  if (isFull) return [found(id, `the disk is full: ${text}`, fix)];
  return freeBytes < NEARLY_FULL ? [warning(id, `the disk is nearly full: ${text}`, fix)] : [ok(id, text)];
}

export const diskSpace: Check = ({ places = [] }) => places.flatMap(check);
