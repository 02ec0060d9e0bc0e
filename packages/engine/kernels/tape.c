#include "execute.h"
#include "reach.h"

#include <string.h>

static size_t aligned(size_t bytes) { return (bytes + 63) & ~(size_t)63; }
static size_t max_size(size_t a, size_t b) { return a > b ? a : b; }

/** The words of an instruction on a tape. */
typedef struct {
  int32_t kernel, flags, length;
  const int32_t *args;
} Words;

/** The instruction at a position, which moves behind it. Returns 0 where there is no whole one. */
static int next_words(const int32_t *words, int32_t length, int32_t *position, Words *found) {
  if (length - *position < INSTRUCTION_HEADER) return 0;
  const int32_t *header = words + *position;
  *found = (Words){header[0], header[1], header[2], header + INSTRUCTION_HEADER};
  *position += INSTRUCTION_HEADER;
  if (found->length < 0 || found->length > length - *position) return 0;
  *position += found->length;
  return 1;
}

/** Notes what an instruction reaches: once its arguments are known to be complete. */
static void reach_instruction(const KernelTable *table, int32_t kernel, const int32_t *args, Reach *found) {
  if (kernel == GUARD) reach(found, *(const Ref *)args, 1);
  else if (table->kernels[kernel].reach) table->kernels[kernel].reach(args, found);
}

/** The number of phases of an instruction; −1 if it is not one. */
static int32_t checked_phases(const KernelTable *table, const Words *words, int32_t slots) {
  if (words->flags & ~FLAG_BARRIER) return -1;
  Reach found = {.slots = slots};
  if (words->kernel == GUARD) {
    if (words->length != 2) return -1;
    reach_instruction(table, GUARD, words->args, &found);
    return found.corrupt ? -1 : 0;
  }
  if (words->kernel < 0 || words->kernel >= table->count) return -1;
  const Kernel *kernel = table->kernels + words->kernel;
  if (words->length < kernel->words) return -1;
  for (int32_t phase = 0; phase < kernel->phases; phase++)
    if (kernel->tasks(words->args, phase) < 0) return -1;
  reach_instruction(table, words->kernel, words->args, &found);
  return found.corrupt ? -1 : kernel->phases;
}

size_t tape_bytes(const KernelTable *table, const int32_t *words, int32_t length, int32_t slots) {
  if (length < TAPE_HEADER || words[0] != TAPE_VERSION || words[1] < 0 || slots < 0) return 0;
  int32_t position = TAPE_HEADER;
  size_t phase_count = 0;
  for (int32_t i = 0; i < words[1]; i++) {
    Words found = {0};
    if (!next_words(words, length, &position, &found)) return 0;
    const int32_t phases = checked_phases(table, &found, slots);
    if (phases < 0) return 0;
    phase_count += (size_t)phases;
  }
  if (position != length) return 0;
  return sizeof(Tape) + (size_t)slots * sizeof(double) + (size_t)words[1] * sizeof(Instruction) +
         phase_count * sizeof(Phase) + (size_t)length * 4;
}

/** True for an instruction that has no work for two threads. */
static int is_single(const Instruction *instruction) {
  if (instruction->kernel == NULL) return 0;
  for (int32_t i = 0; i < instruction->kernel->phases; i++)
    if (instruction->phases[i].count > 1) return 0;
  return 1;
}

/**
 * Puts neighbours of one task each together, so that one thread does them in order. A barrier inside of such a group is not
 * needed for its own sake, but instructions behind the group may rely on it: there is one at its end, then.
 */
static void group_singles(Tape *tape) {
  Instruction *all = tape->instructions;
  for (int32_t i = 0; i < tape->count; i++) {
    if (!is_single(all + i)) continue;
    int32_t end = i + 1;
    while (end < tape->count && is_single(all + end) && (all[end].barrier || end - i > 1)) end++;
    all[i].alone = end - i;
    if (end - i > 1) {
      // One of them may wait for work of other threads: all do, since there is no barrier within.
      all[i].barrier = 1;
      if (end < tape->count) all[end].barrier = 1;
    }
    i = end - 1;
  }
}

/** Instructions that may run at the same time have workspaces of their own; after a barrier, it starts from the beginning. */
static void place_workspaces(Tape *tape) {
  size_t used = 0;
  for (int32_t i = 0; i < tape->count;) {
    Instruction *first = tape->instructions + i;
    if (first->barrier) used = 0;
    const int32_t together = max_i32(first->alone, 1);
    size_t bytes = 0;
    for (int32_t k = 0; k < together; k++, i++) {
      Instruction *instruction = tape->instructions + i;
      instruction->workspace = used;
      if (instruction->kernel) bytes = max_size(bytes, aligned(instruction->kernel->workspace(instruction->args)));
    }
    used += bytes;
    tape->workspace = max_size(tape->workspace, used);
  }
}

Tape *tape_prepare(const KernelTable *table, const int32_t *words, int32_t length, int32_t slots, void *memory) {
  Tape *tape = memory;
  double *needs = (double *)(tape + 1);
  Instruction *instructions = (Instruction *)(needs + slots);
  Phase *phases = (Phase *)(instructions + words[1]);
  *tape = (Tape){.slots = slots, .count = words[1], .instructions = instructions, .phases = phases, .needs = needs};
  memset(needs, 0, (size_t)slots * sizeof(double));
  Reach found = {.slots = slots, .needs = needs};

  int32_t position = TAPE_HEADER;
  int32_t after_guard = 0;
  for (int32_t i = 0; i < tape->count; i++) {
    Words next = {0};
    next_words(words, length, &position, &next);
    Instruction *instruction = instructions + i;
    const int32_t is_guard = next.kernel == GUARD;
    *instruction = (Instruction){
        .kernel = is_guard ? NULL : table->kernels + next.kernel,
        .args = next.args,
        .phases = phases + tape->phase_count,
        // All threads read the same at a guard: nothing writes while one of them has yet to look.
        .barrier = (next.flags & FLAG_BARRIER) || is_guard || after_guard,
    };
    after_guard = is_guard;
    reach_instruction(table, next.kernel, next.args, &found);
    if (is_guard) continue;
    for (int32_t phase = 0; phase < instruction->kernel->phases; phase++)
      phases[tape->phase_count++] = (Phase){0, instruction->kernel->tasks(next.args, phase)};
  }

  // The words are copied behind the phases, and the instructions lead there.
  int32_t *copy = (int32_t *)(phases + tape->phase_count);
  memcpy(copy, words, (size_t)length * 4);
  for (int32_t i = 0; i < tape->count; i++) instructions[i].args = copy + (instructions[i].args - words);

  group_singles(tape);
  place_workspaces(tape);
  return tape;
}
