import { ok, warning, type Check } from '../../facts/finding.js';

/** The command itself opens some two hundred at once; a model in shards, its data and a server need more. */
const LEAST = 1024;

export const openFiles: Check = ({ limits }) => {
  const most = limits?.openFiles;
  if (most === undefined) return [];
  if (most >= LEAST) return [ok('open-files', `${most} files may be open at once`)];
  return [
    warning(
      'open-files',
      `only ${most} files may be open at once: models in many files, and serving, may fail with EMFILE`,
      'Raise the limit in this shell: ulimit -n 4096.',
    ),
  ];
};
