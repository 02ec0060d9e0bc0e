#include "execute.h"
#include "clock.h"

static void do_task(const Context *context, const Run *run, const Instruction *instruction, int32_t phase, int32_t task) {
  if (run->cancelled && __atomic_load_n(run->cancelled, __ATOMIC_RELAXED)) return;
  Context own = *context;
  own.workspace = run->workspace + instruction->workspace;
  instruction->kernel->run(&own, instruction->args, phase, task);
}

/** All tasks of an instruction, in order. */
static void do_alone(const Context *context, const Run *run, const Instruction *instruction) {
  for (int32_t phase = 0; phase < instruction->kernel->phases; phase++)
    for (int32_t task = 0; task < instruction->phases[phase].count; task++)
      do_task(context, run, instruction, phase, task);
}

static int32_t take(Phase *phase) { return __atomic_fetch_add(&phase->next, 1, __ATOMIC_RELAXED); }

/** This thread's share of an instruction. */
static void do_share(const Context *context, const Run *run, Team *team, const Instruction *instruction) {
  for (int32_t i = 0; i < instruction->kernel->phases; i++) {
    Phase *phase = instruction->phases + i;
    if (i > 0) team_meet(team);
    for (int32_t task; (task = take(phase)) < phase->count;) do_task(context, run, instruction, i, task);
  }
}

/** The first fault that a thread reported. */
static Status run_status(const Run *run, int32_t threads) {
  for (int32_t i = 0; i < threads; i++)
    if (run->status[i] != STATUS_OK) return (Status)run->status[i];
  return STATUS_OK;
}

/** True if the run goes on behind a guard: the bool is set, and no fault was reported, as of the barrier before it. */
static int passes(const Run *run, int32_t threads, const Instruction *guard) {
  const Ref *ref = (const Ref *)guard->args;
  return run_status(run, threads) == STATUS_OK && run->slots[ref->slot][(size_t)ref->offset * 4] != 0;
}

/** Makes a run ready to be walked: before the team begins. */
static void run_reset(const Run *run, int32_t threads) {
  for (int32_t i = 0; i < run->tape->phase_count; i++) run->tape->phases[i].next = 0;
  for (int32_t i = 0; i < threads; i++) run->status[i] = STATUS_OK;
}

/** Walks the tape as one of the threads of a team; all of them have to. Without a team, there is one thread. */
static void run_walk(const Run *run, Team *team, int32_t thread) {
  const Tape *tape = run->tape;
  const int32_t threads = team ? team->threads : 1;
  const Context context = {
      .slots = run->slots,
      .scratch = run->scratch + (size_t)thread * SCRATCH_BYTES,
      .status = run->status + thread,
  };
  double *profile = run->profile ? run->profile + (size_t)thread * (size_t)tape->count : NULL;

  for (int32_t i = 0; i < tape->count;) {
    const Instruction *instruction = tape->instructions + i;
    if (threads > 1 && instruction->barrier) team_meet(team);
    if (instruction->kernel == NULL) {
      if (!passes(run, threads, instruction)) return;
      i++;
      continue;
    }
    const int32_t together = max_i32(instruction->alone, 1);
    const int32_t mine = threads == 1 || !instruction->alone || take(instruction->phases) == 0;
    for (int32_t k = 0; k < together && mine; k++, instruction++) {
      const double started = profile ? now_ns() : 0;
      if (threads == 1 || instruction->alone || k > 0) do_alone(&context, run, instruction);
      else do_share(&context, run, team, instruction);
      if (profile) profile[i + k] += now_ns() - started;
    }
    i += together;
  }
}

void crew_open(Crew *crew, int32_t threads, int32_t spins) { team_open(&crew->team, threads, spins); }

Status crew_run(Crew *crew, const Run *run) {
  const int32_t threads = crew->team.threads;
  run_reset(run, threads);
  if (threads == 1) {
    run_walk(run, NULL, 0);
  } else {
    crew->run = *run;
    team_call(&crew->team);
    run_walk(run, &crew->team, 0);
    team_meet(&crew->team);
  }
  return run_status(run, threads);
}

void crew_serve(Crew *crew, int32_t thread) {
  for (uint32_t seen = 0; team_await(&crew->team, &seen);) {
    run_walk(&crew->run, &crew->team, thread);
    team_meet(&crew->team);
  }
}

void crew_close(Crew *crew) { team_close(&crew->team); }
