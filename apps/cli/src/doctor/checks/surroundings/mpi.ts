import { fault, ok, type Check } from '../../facts/finding.js';

/** A text within a finding, which ends without a full stop. */
const clause = (text: string): string => text.replace(/\.$/, '');

/** The library by which several processes train one model. Who starts one process lacks nothing without it. */
export const mpi: Check = ({ mpi: facts }) => {
  if (!facts) return [];
  const { library, launcher, task } = facts;
  const several = (launcher?.size ?? 1) > 1;
  if (!library.available) {
    if (!several) return [];
    const text = `${launcher!.name} started ${launcher!.size} processes, which nothing connects: ${clause(library.reason)}`;
    return [
      fault('mpi', text, library.fix ?? 'Install Open MPI or MPICH, the one that the launcher belongs to.'),
    ];
  }
  const found = ok('mpi', `${library.name} (${library.file})`);
  if (!task) return [found];
  if ('description' in task)
    return [found, ok('mpi-ranks', `${task.description}, started by ${launcher!.name}`)];
  return [
    found,
    fault('mpi-ranks', clause(task.reason), task.fix ?? 'See whether the hosts reach each other.'),
  ];
};
