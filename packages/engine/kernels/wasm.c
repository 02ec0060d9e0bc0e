/** The executor's functions as a WebAssembly module exports them. Addresses and sizes are numbers there. */
#include "execute.h"

extern const KernelTable kernel_table;

#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(version) int32_t version(void) { return ENGINE_VERSION; }
EXPORT(isa) const char *isa(void) { return kernel_table.isa; }
EXPORT(kernelCount) int32_t kernel_count(void) { return kernel_table.count; }
EXPORT(kernelName) const char *kernel_name(int32_t number) { return kernel_table.kernels[number].name; }
EXPORT(kernelWords) int32_t kernel_words(int32_t number) { return kernel_table.kernels[number].words; }
EXPORT(scratchBytes) size_t scratch_bytes(void) { return SCRATCH_BYTES; }

EXPORT(tapeBytes) size_t tape_bytes_of(const int32_t *words, int32_t length, int32_t slots) {
  return tape_bytes(&kernel_table, words, length, slots);
}
EXPORT(tapePrepare) Tape *tape_of(const int32_t *words, int32_t length, int32_t slots, void *memory) {
  return tape_prepare(&kernel_table, words, length, slots, memory);
}
EXPORT(tapeWorkspace) size_t tape_workspace(const Tape *tape) { return tape->workspace; }
/** Bytes that a slot has to have. */
EXPORT(tapeNeeds) double tape_needs(const Tape *tape, int32_t slot) { return tape->needs[slot]; }

EXPORT(crewBytes) size_t crew_bytes(void) { return sizeof(Crew); }
EXPORT(crewOpen) void open_crew(Crew *crew, int32_t threads, int32_t spins) { crew_open(crew, threads, spins); }
EXPORT(crewServe) void serve_crew(Crew *crew, int32_t thread) { crew_serve(crew, thread); }
EXPORT(crewClose) void close_crew(Crew *crew) { crew_close(crew); }
EXPORT(crewRun)
int32_t run_crew(Crew *crew, const Tape *tape, char **slots, char *workspace, char *scratch, int32_t *status,
                 double *profile) {
  const Run run = {tape, slots, workspace, scratch, status, profile, NULL};
  return (int32_t)crew_run(crew, &run);
}
