/** Times MPI_Allreduce on floats, as all-reduce-rank.ts times ours: prints the same JSON object on rank 0. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  int rank;
  MPI_Init(&count, &arguments);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) printf("{\"communicator\":\"MPI_Allreduce\",\"allReduce\":{");
  for (int i = 1; i < count; i++) {
    const long bytes = atol(arguments[i]);
    long rounds = 500000000 / bytes;
    rounds = 3 + (rounds < 5 ? 5 : rounds > 1000 ? 1000 : rounds);
    float *data = malloc((size_t)bytes);
    double *seconds = malloc((size_t)rounds * sizeof(double));
    for (long round = 0; round < rounds; round++) {
      for (long j = 0; j < bytes / 4; j++) data[j] = 1;
      MPI_Barrier(MPI_COMM_WORLD);
      const double start = MPI_Wtime();
      MPI_Allreduce(MPI_IN_PLACE, data, (int)(bytes / 4), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
      seconds[round] = MPI_Wtime() - start;
    }
    qsort(seconds + 3, (size_t)rounds - 3, sizeof(double), ascending);
    const double median = (seconds[3 + (rounds - 4) / 2] + seconds[3 + (rounds - 3) / 2]) / 2;
    if (rank == 0)
      printf("%s\"%ld\":{\"microseconds\":%g,\"gigabytesPerSecond\":%g}", i > 1 ? "," : "", bytes, 1e6 * median,
             (double)bytes / median / 1e9);
    free(data);
    free(seconds);
  }
  if (rank == 0) printf("}}\n");
  MPI_Finalize();
  return 0;
}
