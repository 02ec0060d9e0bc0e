import { launcherOf } from './launcher.js';

test('a process on its own has no launcher', () => {
  expect(launcherOf({})).toBeUndefined();
  // The shell of a batch script of Slurm is one process.
  expect(launcherOf({ SLURM_NTASKS: '4', SLURM_PROCID: '0' })).toBeUndefined();
});

test("each launcher is known by the variable of its size, and a step of Slurm's by the step's", () => {
  expect(
    launcherOf({ OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_LOCAL_SIZE: '2' }),
  ).toEqual({ name: "Open MPI's mpirun", libraries: ['openmpi'], size: 4, rank: 1, localSize: 2 });
  expect(launcherOf({ PMI_SIZE: '2', PMI_RANK: '0' })).toMatchObject({
    libraries: ['mpich'],
    size: 2,
    rank: 0,
  });
  expect(launcherOf({ SLURM_STEP_NUM_TASKS: '8', SLURM_PROCID: '7' })).toMatchObject({ size: 8, rank: 7 });
});

test('mpirun in a step of Slurm counts, not the step', () => {
  const both = { SLURM_STEP_NUM_TASKS: '1', OMPI_COMM_WORLD_SIZE: '4' };
  expect(launcherOf(both)).toMatchObject({ name: "Open MPI's mpirun", size: 4 });
});

test('what is not a number is not believed', () => {
  expect(launcherOf({ OMPI_COMM_WORLD_SIZE: '4x', PMI_SIZE: '-1' })).toBeUndefined();
});
