/** The program that started this process beside others, as the environment tells. MPI itself decides how many there are. */
export interface Launcher {
  /** For people, e.g. `Open MPI's mpirun`. */
  readonly name: string;
  /** The implementations of MPI that understand it, the likeliest first. */
  readonly libraries: readonly ('openmpi' | 'mpich')[];
  /** Processes that it started; missing where it does not say. */
  readonly size?: number;
  /** This process's number among them. */
  readonly rank?: number;
  /** How many of them it started on this machine. */
  readonly localSize?: number;
}

/** A launcher, and the variables that it sets: the size's comes first, and is what it is known by. */
interface KnownLauncher {
  readonly name: string;
  readonly libraries: Launcher['libraries'];
  readonly variables: readonly [size: string, rank: string, localSize?: string];
}

/**
 * The innermost first: a job step of Slurm may start mpirun, which then counts. `SLURM_NTASKS` is not here: Slurm sets it in
 * the shell of a batch script, too, which is one process.
 */
const known: readonly KnownLauncher[] = [
  {
    name: "Open MPI's mpirun",
    libraries: ['openmpi'],
    variables: ['OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_LOCAL_SIZE'],
  },
  {
    name: "MVAPICH's launcher",
    libraries: ['mpich'],
    variables: ['MV2_COMM_WORLD_SIZE', 'MV2_COMM_WORLD_RANK', 'MV2_COMM_WORLD_LOCAL_SIZE'],
  },
  {
    name: "MPICH's mpiexec",
    libraries: ['mpich'],
    variables: ['PMI_SIZE', 'PMI_RANK', 'MPI_LOCALNRANKS'],
  },
  {
    name: "Slurm's srun",
    libraries: ['openmpi', 'mpich'],
    variables: ['SLURM_STEP_NUM_TASKS', 'SLURM_PROCID'],
  },
];

/** A number that a launcher set, where it is one. */
function count(
  environment: Readonly<Record<string, string | undefined>>,
  name: string | undefined,
): number | undefined {
  const text = name === undefined ? undefined : environment[name];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The launcher that the variables of the environment speak of; `undefined` for a process on its own. */
export function launcherOf(environment: Readonly<Record<string, string | undefined>>): Launcher | undefined {
  const launcher = known.find(({ variables: [size] }) => count(environment, size) !== undefined);
  if (!launcher) return undefined;
  const [size, rank, localSize] = launcher.variables.map((name) => count(environment, name));
  return {
    name: launcher.name,
    libraries: launcher.libraries,
    ...(size !== undefined && { size }),
    ...(rank !== undefined && { rank }),
    ...(localSize !== undefined && { localSize }),
  };
}
