import type { PeerFacts } from '../../facts/facts.js';
import { ok, warning, type Check, type Finding } from '../../facts/finding.js';
import { isInRange } from './version-range.js';

/** npm's name of a version that fits. */
const wantedName = ({ name, wanted }: PeerFacts) => `${name}@${wanted}`;

function check(peer: PeerFacts): Finding[] {
  const { name, of, wanted, version, hasBinary } = peer;
  // Whoever has not installed one computes with another engine: the list of backends says so.
  if (version === undefined) return [];
  const id = `peer-${name.replace(/^@/, '').replace('/', '-')}`;
  if (!isInRange(version, wanted)) {
    return [
      warning(
        id,
        `${name} ${version} is installed, and ${of} is made for ${wanted}`,
        // Their install scripts fetch what is not needed here.
        `Install one that fits: npm install "${wantedName(peer)}" --ignore-scripts.`,
      ),
    ];
  }
  if (hasBinary === false) {
    return [
      warning(
        id,
        `${name} ${version} is installed without its native code for this platform`,
        name.startsWith('@tensorflow/')
          ? 'Its install script did not run, or found no network: attune setup cuda makes the code from a TensorFlow of yours.'
          : `Install it again: npm install "${wantedName(peer)}" --ignore-scripts. Its package holds the code: no install script is needed.`,
      ),
    ];
  }
  return [ok(id, `${name} ${version}`)];
}

/** The packages that backends compute with, and that are installed apart. */
export const peers: Check = ({ peers: found = [] }) => found.flatMap(check);
