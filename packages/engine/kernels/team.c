#include "team.h"
#include "park.h"

void signal_await(Signal *signal, uint32_t value, int32_t spins) {
  for (int32_t i = 0; i < spins; i++) {
    if (__atomic_load_n(&signal->value, __ATOMIC_ACQUIRE) != value) return;
    relax();
  }
  // In this order, and the other way round in signal_move: one of the two sees what the other did.
  __atomic_fetch_add(&signal->sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&signal->value, __ATOMIC_SEQ_CST) == value) park(&signal->value, value);
  __atomic_fetch_sub(&signal->sleepers, 1, __ATOMIC_SEQ_CST);
}

void signal_move(Signal *signal) {
  __atomic_fetch_add(&signal->value, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&signal->sleepers, __ATOMIC_SEQ_CST) > 0) unpark(&signal->value);
}

void team_open(Team *team, int32_t threads, int32_t spins) { *team = (Team){.threads = threads, .spins = spins}; }

void team_meet(Team *team) {
  const uint32_t round = __atomic_load_n(&team->barrier.value, __ATOMIC_RELAXED);
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) < team->threads) {
    signal_await(&team->barrier, round, team->spins);
  } else {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
    signal_move(&team->barrier);
  }
}

void team_call(Team *team) { signal_move(&team->work); }

void team_close(Team *team) {
  __atomic_store_n(&team->closed, 1, __ATOMIC_RELEASE);
  signal_move(&team->work);
}

int32_t team_await(Team *team, uint32_t *seen) {
  signal_await(&team->work, *seen, team->spins);
  (*seen)++;
  return !__atomic_load_n(&team->closed, __ATOMIC_ACQUIRE);
}
