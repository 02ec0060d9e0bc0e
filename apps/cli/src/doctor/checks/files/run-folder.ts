import { fault, ok, warning, type Check } from '../../facts/finding.js';

export const runFolder: Check = ({ run }) => {
  if (!run) return [];
  const { path, isRun, lock } = run;
  if (!isRun) {
    return [
      fault(
        'run-folder',
        `${path} holds no run of attune`,
        'Name the folder that --out named when it was begun.',
      ),
    ];
  }
  if (lock === undefined) return [ok('run-lock', `${path} is free: no process works in it`)];
  if (lock === null) {
    return [
      warning('run-lock', `the lock of ${path} names no process`, 'Nothing: the next --resume replaces it.'),
    ];
  }
  const owner = `process ${lock.pid} on ${lock.host}`;
  if (lock.state === 'alive') return [ok('run-lock', `${owner} is working in ${path}`)];
  if (lock.state === 'gone') {
    return [
      warning(
        'run-lock',
        `${path} has the lock of ${owner}, which has ended`,
        'Nothing: the next --resume replaces it.',
      ),
    ];
  }
  return [
    warning(
      'run-lock',
      `${path} is locked by ${owner}: whether it still runs cannot be seen from here`,
      'If it does not run any more, remove run.lock in that folder.',
    ),
  ];
};
