#include "engine.h"

#include <string.h>

/** Sizes come as doubles: whole numbers that a size_t holds. */
static int is_size(double value) { return value >= 0 && value <= 9007199254740991.0 && value == (double)(size_t)value; }

Outcome engine_open(NativeEngine *engine, const KernelTable *table, int32_t threads, int32_t spins, int profile,
                    void (*done)(void *, Status), void *context) {
  *engine = (NativeEngine){.table = table};
  handles_open(&engine->blocks);
  handles_open(&engine->tapes);
  engine->scratch = memory_allocate((size_t)threads * SCRATCH_BYTES);
  engine->status = memory_allocate((size_t)threads * sizeof(int32_t));
  if (profile) engine->times = calloc((size_t)table->count, sizeof(KernelTime));
  Outcome outcome = DONE;
  if (!engine->scratch.start || !engine->status.start || (profile && !engine->times)) outcome = NO_MEMORY;
  else if (!pool_open(&engine->pool, threads, spins, done, context)) outcome = NO_THREAD;
  engine->open = 1;
  if (outcome != DONE) engine_close(engine);
  return outcome;
}

void engine_close(NativeEngine *engine) {
  if (!engine->open) return;
  engine->open = 0;
  pool_close(&engine->pool);
  handles_close(&engine->blocks);
  handles_close(&engine->tapes);
  memory_free(engine->workspace.memory);
  memory_free(engine->slots.memory);
  memory_free(engine->profile.memory);
  memory_free(engine->scratch);
  memory_free(engine->status);
  free(engine->times);
}

Outcome engine_allocate(NativeEngine *engine, double bytes, double *handle) {
  if (!is_size(bytes)) return OUT_OF_BOUNDS;
  const Memory memory = memory_allocate((size_t)bytes);
  if (memory.start == NULL) return NO_MEMORY;
  *handle = handles_add(&engine->blocks, memory, (size_t)bytes);
  if (*handle != 0) return DONE;
  memory_free(memory);
  return NO_MEMORY;
}

Outcome engine_free(NativeEngine *engine, double handle) {
  if (engine->busy) return BUSY;
  Entry *entry = handles_find(&engine->blocks, handle);
  if (entry == NULL) return NO_HANDLE;
  handles_remove(&engine->blocks, entry);
  return DONE;
}

Outcome engine_stretch(const NativeEngine *engine, double handle, double offset, double bytes, char **place) {
  const Entry *entry = handles_find(&engine->blocks, handle);
  if (entry == NULL) return NO_HANDLE;
  if (!is_size(offset) || !is_size(bytes)) return OUT_OF_BOUNDS;
  if (offset > (double)entry->bytes || bytes > (double)entry->bytes - offset) return OUT_OF_BOUNDS;
  *place = entry->memory.start + (size_t)offset;
  return DONE;
}

Outcome engine_block(const NativeEngine *engine, double handle, char **place, size_t *bytes) {
  const Entry *entry = handles_find(&engine->blocks, handle);
  if (entry == NULL) return NO_HANDLE;
  *place = entry->memory.start;
  *bytes = entry->bytes;
  return DONE;
}

Outcome engine_load(NativeEngine *engine, const int32_t *words, size_t length, double slots, double *handle) {
  if (length > INT32_MAX || !is_size(slots) || slots > INT32_MAX) return CORRUPT;
  const size_t bytes = tape_bytes(engine->table, words, (int32_t)length, (int32_t)slots);
  if (bytes == 0) return CORRUPT;
  const Memory memory = memory_allocate(bytes);
  if (memory.start == NULL) return NO_MEMORY;
  tape_prepare(engine->table, words, (int32_t)length, (int32_t)slots, memory.start);
  *handle = handles_add(&engine->tapes, memory, bytes);
  if (*handle != 0) return DONE;
  memory_free(memory);
  return NO_MEMORY;
}

Outcome engine_unload(NativeEngine *engine, double handle) {
  if (engine->busy) return BUSY;
  Entry *entry = handles_find(&engine->tapes, handle);
  if (entry == NULL) return NO_HANDLE;
  handles_remove(&engine->tapes, entry);
  return DONE;
}

/** Makes room for so many bytes; what was there is lost. Returns 0 where there is no memory. */
static int reserve(Memory *memory, size_t *held, size_t bytes) {
  if (*held >= bytes) return 1;
  memory_free(*memory);
  *memory = memory_allocate(bytes);
  *held = memory->start ? bytes : 0;
  return memory->start != NULL;
}

Outcome engine_run(NativeEngine *engine, double handle, const double *blocks, size_t count) {
  if (engine->busy) return BUSY;
  Entry *entry = handles_find(&engine->tapes, handle);
  if (entry == NULL) return NO_HANDLE;
  const Tape *tape = (const Tape *)entry->memory.start;
  if (count != (size_t)tape->slots) return OUT_OF_BOUNDS;

  const size_t profile = engine->times ? (size_t)engine->pool.threads * (size_t)tape->count * sizeof(double) : 0;
  if (!reserve(&engine->workspace.memory, &engine->workspace.bytes, tape->workspace) ||
      !reserve(&engine->slots.memory, &engine->slots.bytes, count * sizeof(char *)) ||
      !reserve(&engine->profile.memory, &engine->profile.bytes, profile))
    return NO_MEMORY;
  char **slots = (char **)engine->slots.memory.start;
  for (size_t i = 0; i < count; i++) {
    const Entry *block = handles_find(&engine->blocks, blocks[i]);
    if (block == NULL) return NO_HANDLE;
    if ((double)block->bytes < tape->needs[i]) return OUT_OF_BOUNDS;
    slots[i] = block->memory.start;
  }
  if (profile > 0) memset(engine->profile.memory.start, 0, profile);

  engine->busy = 1;
  pool_run(&engine->pool, &(Run){
                              .tape = tape,
                              .slots = slots,
                              .workspace = engine->workspace.memory.start,
                              .scratch = engine->scratch.start,
                              .status = (int32_t *)engine->status.start,
                              .profile = profile > 0 ? (double *)engine->profile.memory.start : NULL,
                          });
  return DONE;
}

void engine_ended(NativeEngine *engine) {
  engine->busy = 0;
  const Run *run = &engine->pool.run;
  if (run->profile == NULL) return;
  for (int32_t i = 0; i < run->tape->count; i++) {
    const Kernel *kernel = run->tape->instructions[i].kernel;
    if (kernel == NULL) continue;
    KernelTime *time = engine->times + (kernel - engine->table->kernels);
    time->calls++;
    for (int32_t thread = 0; thread < engine->pool.threads; thread++)
      time->ns += run->profile[(size_t)thread * (size_t)run->tape->count + (size_t)i];
  }
}
