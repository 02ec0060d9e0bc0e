/**
 * Data-parallel training over MPI: finds the launcher that started this process, and connects it with the others.
 *
 * @packageDocumentation
 */
export { launcherOf, type Launcher } from './launcher.js';
export { openMpi, type MpiOptions } from './open-mpi.js';
export { probeMpi, type MpiProbe } from './probe-mpi.js';
