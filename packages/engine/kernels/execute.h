/**
 * The executor: checks a tape once, then runs it any number of times, on one thread or on a team of them.
 *
 * Every thread walks all instructions. The tasks of a phase are handed out by a counter, and the team meets at a barrier
 * between phases, and before instructions that ask for it. Neighbouring instructions of one task each are walked by a single
 * thread, without barriers in between.
 */
#ifndef ATTUNE_EXECUTE_H
#define ATTUNE_EXECUTE_H

#include "engine.h"
#include "team.h"

/** See src/host/tape.ts. */
enum { TAPE_VERSION = 1, TAPE_HEADER = 2, INSTRUCTION_HEADER = 3, FLAG_BARRIER = 1, GUARD = -1 };

/** A phase of an instruction: its tasks, and the next one to be taken. */
typedef struct {
  int32_t next, count;
} Phase;

typedef struct {
  /** NULL for a guard. */
  const Kernel *kernel;
  const int32_t *args;
  /** Bytes from the beginning of the workspace to its own. */
  size_t workspace;
  Phase *phases;
  /** The team meets before it. */
  int32_t barrier;
  /** Where it is not 0: this instruction and those after it, so many together, are done by one thread. */
  int32_t alone;
} Instruction;

/** A tape that has been checked. It lies in one piece of memory, together with a copy of its words. */
typedef struct {
  int32_t slots, count, phase_count;
  /** Bytes of the largest workspace. */
  size_t workspace;
  Instruction *instructions;
  Phase *phases;
  /** Bytes that each slot has to have at least. */
  double *needs;
} Tape;

/** Bytes that a tape takes, or 0 for one that is corrupt. */
size_t tape_bytes(const KernelTable *table, const int32_t *words, int32_t length, int32_t slots);

/** Prepares a tape that tape_bytes has found sound, in so many bytes of memory, aligned to 8 bytes. */
Tape *tape_prepare(const KernelTable *table, const int32_t *words, int32_t length, int32_t slots, void *memory);

/** A run of a tape. Its threads look at `cancelled`, where there is one: once it is not 0, they skip their tasks. */
typedef struct {
  const Tape *tape;
  char *const *slots;
  char *workspace;
  /** SCRATCH_BYTES for each thread. */
  char *scratch;
  /** One for each thread. */
  int32_t *status;
  /** Nanoseconds that each thread spent on each instruction, [threads, instructions], are added here; or NULL. */
  double *profile;
  const int32_t *cancelled;
} Run;

/** Threads that run tapes together. */
typedef struct {
  Team team;
  /** The run that they are at. */
  Run run;
} Crew;

/** Opens a crew of so many threads, the caller of crew_run among them. */
void crew_open(Crew *crew, int32_t threads, int32_t spins);

/** Runs a tape, as thread 0, together with the others. Returns the first fault that was reported. */
Status crew_run(Crew *crew, const Run *run);

/** Takes part in all runs, as one of the other threads, until the crew is closed. */
void crew_serve(Crew *crew, int32_t thread);

void crew_close(Crew *crew);

#endif
