import { ok, warning, type Check } from '../../facts/finding.js';

/** The oldest that comes with a Node that attune runs on. */
const OLDEST = 9;

export const npmVersion: Check = ({ node }) => {
  const version = node?.npm;
  if (version === undefined) return [];
  if (!(Number(/^(\d+)/.exec(version)?.[1] ?? NaN) < OLDEST)) return [ok('npm-version', `npm ${version}`)];
  return [
    warning(
      'npm-version',
      `npm ${version} is older than any that comes with Node 20: it may leave out the native engine, or install peers that were not asked for`,
      'Install a current one: npm install --global npm@latest.',
    ),
  ];
};
