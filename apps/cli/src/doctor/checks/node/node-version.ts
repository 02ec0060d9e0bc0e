import { fault, ok, type Check } from '../../facts/finding.js';

/** The oldest that packages of attune's ask for in `engines`. */
const OLDEST = 20;

export const nodeVersion: Check = ({ node }) => {
  if (!node) return [];
  const major = Number(/^v?(\d+)/.exec(node.version)?.[1] ?? NaN);
  if (!(major < OLDEST)) return [ok('node-version', `Node ${node.version}`)];
  return [
    fault(
      'node-version',
      `Node ${node.version} is too old: attune needs Node ${OLDEST} or later`,
      `Install a current one, from https://nodejs.org or with a version manager: nvm install ${OLDEST + 2}.`,
    ),
  ];
};
