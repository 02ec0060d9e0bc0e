/**
 * Numbers that stand for blocks and tapes outside. A number is the place of an entry and how often the place was used: one
 * that is out of date, or made up, is not found.
 */
#ifndef ATTUNE_HANDLES_H
#define ATTUNE_HANDLES_H

#include <stdint.h>
#include <stdlib.h>
#include "memory.h"

typedef struct {
  Memory memory;
  size_t bytes;
  /** Odd while it is in use. */
  uint32_t generation;
  int32_t next_free;
} Entry;

typedef struct {
  Entry *entries;
  int32_t count, first_free;
} Handles;

/** So many places, and so many generations of each, that a handle is an integer that a double holds. */
enum { HANDLE_PLACES = 1 << 20 };

static inline void handles_open(Handles *handles) { *handles = (Handles){NULL, 0, -1}; }

/** Returns a handle, or 0 where there is no memory for it. */
static inline double handles_add(Handles *handles, Memory memory, size_t bytes) {
  int32_t place = handles->first_free;
  if (place < 0) {
    if (handles->count == HANDLE_PLACES) return 0;
    place = handles->count;
    Entry *grown = handles->entries;
    // Grows at powers of two.
    if ((place & (place - 1)) == 0) grown = realloc(grown, (place ? (size_t)place * 2 : 1) * sizeof(Entry));
    if (grown == NULL) return 0;
    handles->entries = grown;
    handles->entries[handles->count++] = (Entry){.next_free = -1};
  }
  Entry *entry = handles->entries + place;
  handles->first_free = entry->next_free;
  *entry = (Entry){memory, bytes, entry->generation + 1, -1};
  return (double)entry->generation * HANDLE_PLACES + place;
}

/** Returns NULL for what is not a handle in use. */
static inline Entry *handles_find(const Handles *handles, double handle) {
  if (!(handle >= 1 && handle < (double)HANDLE_PLACES * 4294967296.0)) return NULL;
  const uint64_t whole = (uint64_t)handle;
  const uint64_t place = whole % HANDLE_PLACES;
  if ((double)whole != handle || place >= (uint64_t)handles->count) return NULL;
  Entry *entry = handles->entries + place;
  return entry->generation == whole / HANDLE_PLACES && entry->generation % 2 == 1 ? entry : NULL;
}

static inline void handles_remove(Handles *handles, Entry *entry) {
  memory_free(entry->memory);
  entry->generation++;
  entry->next_free = handles->first_free;
  handles->first_free = (int32_t)(entry - handles->entries);
}

static inline void handles_close(Handles *handles) {
  for (int32_t i = 0; i < handles->count; i++)
    if (handles->entries[i].generation % 2 == 1) memory_free(handles->entries[i].memory);
  free(handles->entries);
  handles_open(handles);
}

#endif
