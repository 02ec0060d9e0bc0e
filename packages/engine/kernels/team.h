/**
 * A team of threads: where they meet, how they wait for work, and how they are told of it. The members wait in two ways: at
 * first they look again and again, which costs a processor and reacts within a microsecond; then they park.
 */
#ifndef ATTUNE_TEAM_H
#define ATTUNE_TEAM_H

#include <stdint.h>

/** A number that only grows, and those who wait for it to move on. */
typedef struct {
  uint32_t value;
  int32_t sleepers;
} Signal;

typedef struct {
  int32_t threads;
  /** How often a waiting thread looks before it parks. */
  int32_t spins;
  /** Threads that have come to the barrier. Apart from what the others watch. */
  int32_t arrived __attribute__((aligned(64)));
  Signal barrier __attribute__((aligned(64)));
  /** Moves with each piece of work, and at the end. */
  Signal work __attribute__((aligned(64)));
  int32_t closed;
} Team;

/** Waits for a signal to move on from a value: looks so many times, then parks. */
void signal_await(Signal *signal, uint32_t value, int32_t spins);

/** Moves a signal on, and wakes who waits for it. */
void signal_move(Signal *signal);

void team_open(Team *team, int32_t threads, int32_t spins);

/** Waits until all threads of the team are here. What they wrote before is seen by each of them afterwards. */
void team_meet(Team *team);

/** Lets the other members go on with the work that has been laid out for them. */
void team_call(Team *team);

/** Tells them that there is no more work. */
void team_close(Team *team);

/** As a member: waits for work beyond that which the signal had when its value was `seen`. Returns 0 at the end. */
int32_t team_await(Team *team, uint32_t *seen);

#endif
