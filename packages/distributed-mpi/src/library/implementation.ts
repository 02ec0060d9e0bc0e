/** A family of MPI libraries that have one binary interface. */
export type Implementation = 'openmpi' | 'mpich';

/** An MPI library: its family, and its name and version for people. */
export interface MpiVersion {
  readonly implementation: Implementation;
  /** E.g. `Open MPI 4.1.4`. */
  readonly name: string;
}

/** Libraries with MPICH's binary interface name themselves in different ways. */
const mpichNames: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^MVAPICH\S* Version\s*:\s*(\S+)/i, 'MVAPICH'],
  [/^Intel\(R\) MPI Library\s+(\S+)/i, 'Intel MPI'],
  [/CRAY MPICH version\s+(\S+)/i, 'Cray MPICH'],
  [/^MPICH Version\s*:\s*(\S+)/i, 'MPICH'],
];

/** Reads what `MPI_Get_library_version` says; `undefined` for a library that is neither Open MPI nor like MPICH. */
export function readVersion(text: string): MpiVersion | undefined {
  const open = /^Open MPI v?(\d[^\s,]*)/.exec(text);
  if (open) return { implementation: 'openmpi', name: `Open MPI ${open[1]!}` };
  for (const [pattern, name] of mpichNames) {
    const found = pattern.exec(text);
    if (found) return { implementation: 'mpich', name: `${name} ${found[1]!}` };
  }
  return undefined;
}
