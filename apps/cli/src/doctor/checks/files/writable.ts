import type { PlaceFacts } from '../../facts/facts.js';
import { warning, type Check } from '../../facts/finding.js';

const ADVICE: Readonly<Record<PlaceFacts['role'], string>> = {
  'current folder': 'Work in a folder of your own, or give paths of one: --out, --data.',
  cache: 'Name a folder of your own with the variable HF_HOME, or have the owner change: chown -R "$USER"',
  'temporary folder': 'Name a folder of your own with the variable TMPDIR.',
};

export const writable: Check = ({ places = [], userId }) =>
  places.flatMap(({ role, path, writable: isWritable, owner }) => {
    const id = `writable-${role.replace(' ', '-')}`;
    const fix = role === 'cache' ? `${ADVICE[role]} ${path}.` : ADVICE[role];
    if (isWritable === false) return [warning(id, `${path} (${role}) cannot be written to`, fix)];
    // A folder of temporary files is root's, and written by all; root may write anywhere, and leaves files to nobody else.
    const isForeign = userId !== undefined && userId !== 0 && owner !== undefined && owner !== userId;
    if (role !== 'cache' || !isForeign) return [];
    return [
      warning(
        id,
        `${path} (${role}) belongs to user ${owner}, and not to you (${userId}): models in it may be replaced by somebody else`,
        fix,
      ),
    ];
  });
