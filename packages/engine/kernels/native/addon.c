/** The native engine for Node: functions over an engine, which JavaScript holds as an opaque object. */
#include "call.h"
#include "isa.h"

/** Called by a thread of the pool. */
static void run_done(void *context, Status status) {
  Engine *engine = context;
  engine->status = status;
  napi_call_threadsafe_function(engine->ended, engine, napi_tsfn_nonblocking);
}

/** Called by Node, on its own thread, after run_done. */
static void settle_run(napi_env env, napi_value function, void *context, void *data) {
  (void)function, (void)context;
  Engine *engine = data;
  if (env == NULL || !engine->engine.open) return;
  engine_ended(&engine->engine);
  napi_unref_threadsafe_function(env, engine->ended);
  napi_resolve_deferred(env, engine->promise, number(env, engine->status));
  napi_ref self = engine->self;
  engine->self = NULL;
  napi_delete_reference(env, self);
}

/** Ends an engine's threads. Runs when it is closed, when it is collected, or when Node goes. */
static void close_engine(void *data) {
  Engine *engine = data;
  if (!engine->engine.open) return;
  engine_close(&engine->engine);
  napi_release_threadsafe_function(engine->ended, napi_tsfn_abort);
}

static void finalize_engine(napi_env env, void *data, void *hint) {
  (void)hint;
  Engine *engine = data;
  napi_remove_env_cleanup_hook(env, close_engine, engine);
  close_engine(engine);
  memory_free(engine->memory);
}

/** open(isa, threads, spins, profile) */
static napi_value open_engine(napi_env env, napi_callback_info info) {
  napi_value args[4];
  size_t count = 4;
  char isa[16];
  int32_t threads, spins;
  bool profile;
  if (!held(env, napi_get_cb_info(env, info, &count, args, NULL, NULL))) return NULL;
  if (!held(env, napi_get_value_string_utf8(env, args[0], isa, sizeof isa, NULL))) return NULL;
  if (!held(env, napi_get_value_int32(env, args[1], &threads))) return NULL;
  if (!held(env, napi_get_value_int32(env, args[2], &spins))) return NULL;
  if (!held(env, napi_get_value_bool(env, args[3], &profile))) return NULL;
  const KernelTable *table = isa_find(isa);
  if (!held(env, table && threads >= 1 && threads <= 1024 && spins >= 0 ? napi_ok : napi_invalid_arg)) return NULL;

  const Memory memory = memory_allocate(sizeof(Engine));
  if (!succeeded(env, memory.start ? DONE : NO_MEMORY)) return NULL;
  Engine *engine = (Engine *)memory.start;
  *engine = (Engine){.memory = memory, .env = env};
  napi_value object, name = text(env, "attune engine");
  if (!held(env, napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, settle_run,
                                                 &engine->ended))) {
    memory_free(memory);
    return NULL;
  }
  // It does not keep the process alive, but while a run is under way.
  napi_unref_threadsafe_function(env, engine->ended);
  if (!succeeded(env, engine_open(&engine->engine, table, threads, spins, profile, run_done, engine))) {
    napi_release_threadsafe_function(engine->ended, napi_tsfn_abort);
    memory_free(memory);
    return NULL;
  }
  napi_add_env_cleanup_hook(env, close_engine, engine);
  if (!held(env, napi_create_object(env, &object)) ||
      !held(env, napi_wrap(env, object, engine, finalize_engine, NULL, NULL))) {
    finalize_engine(env, engine, NULL);
    return NULL;
  }
  return held(env, napi_type_tag_object(env, object, &ENGINE_TAG)) ? object : NULL;
}

/** close(engine): a run under way is cut short, and its promise is never settled. */
static napi_value close_it(napi_env env, napi_callback_info info) {
  Call call;
  if (!begin(env, info, &call)) return NULL;
  close_engine(call.engine);
  return NULL;
}

/** kernels(engine): names and words, in turn. */
static napi_value list_kernels(napi_env env, napi_callback_info info) {
  Call call;
  napi_value list;
  if (!begin(env, info, &call) || !held(env, napi_create_array(env, &list))) return NULL;
  const KernelTable *table = call.engine->engine.table;
  for (int32_t i = 0; i < table->count; i++) {
    napi_set_element(env, list, (uint32_t)i * 2, text(env, table->kernels[i].name));
    napi_set_element(env, list, (uint32_t)i * 2 + 1, number(env, table->kernels[i].words));
  }
  return list;
}

/** profile(engine): calls and nanoseconds of each kernel, in turn. */
static napi_value list_times(napi_env env, napi_callback_info info) {
  Call call;
  napi_value list;
  if (!begin(env, info, &call) || !held(env, napi_create_array(env, &list))) return NULL;
  const NativeEngine *engine = &call.engine->engine;
  for (int32_t i = 0; engine->times && i < engine->table->count; i++) {
    napi_set_element(env, list, (uint32_t)i * 2, number(env, engine->times[i].calls));
    napi_set_element(env, list, (uint32_t)i * 2 + 1, number(env, engine->times[i].ns));
  }
  return list;
}

/** allocate(engine, bytes): the number of a block. */
static napi_value allocate(napi_env env, napi_callback_info info) {
  Call call;
  double bytes, handle;
  if (!begin(env, info, &call) || !number_of(env, call.rest[0], &bytes)) return NULL;
  return succeeded(env, engine_allocate(&call.engine->engine, bytes, &handle)) ? number(env, handle) : NULL;
}

/** free(engine, block) */
static napi_value free_block(napi_env env, napi_callback_info info) {
  Call call;
  double handle;
  if (!begin(env, info, &call) || !number_of(env, call.rest[0], &handle)) return NULL;
  succeeded(env, engine_free(&call.engine->engine, handle));
  return NULL;
}

/** write(engine, block, offset, bytes: Uint8Array) */
static napi_value write_block(napi_env env, napi_callback_info info) {
  Call call;
  double handle, offset;
  napi_typedarray_type type;
  size_t length;
  void *data;
  char *place;
  if (!begin(env, info, &call) || !number_of(env, call.rest[0], &handle)) return NULL;
  if (!number_of(env, call.rest[1], &offset) || !array_of(env, call.rest[2], &type, &length, &data)) return NULL;
  if (!held(env, type == napi_uint8_array ? napi_ok : napi_invalid_arg)) return NULL;
  if (!succeeded(env, engine_stretch(&call.engine->engine, handle, offset, (double)length, &place))) return NULL;
  if (length > 0) memcpy(place, data, length);
  return NULL;
}

/** read(engine, block, offset, bytes): an ArrayBuffer. */
static napi_value read_block(napi_env env, napi_callback_info info) {
  Call call;
  double handle, offset, bytes;
  napi_value buffer;
  void *data;
  char *place;
  if (!begin(env, info, &call) || !number_of(env, call.rest[0], &handle)) return NULL;
  if (!number_of(env, call.rest[1], &offset) || !number_of(env, call.rest[2], &bytes)) return NULL;
  if (!succeeded(env, engine_stretch(&call.engine->engine, handle, offset, bytes, &place))) return NULL;
  if (!held(env, napi_create_arraybuffer(env, (size_t)bytes, &data, &buffer))) return NULL;
  if (bytes > 0) memcpy(data, place, (size_t)bytes);
  return buffer;
}

/** view(engine, block): an ArrayBuffer over the block itself, which does not keep its memory. */
static napi_value view_block(napi_env env, napi_callback_info info) {
  Call call;
  double handle;
  napi_value buffer;
  size_t bytes;
  char *place;
  if (!begin(env, info, &call) || !number_of(env, call.rest[0], &handle)) return NULL;
  if (!succeeded(env, engine_block(&call.engine->engine, handle, &place, &bytes))) return NULL;
  const napi_status status = bytes > 0 ? napi_create_external_arraybuffer(env, place, bytes, NULL, NULL, &buffer)
                                       : napi_create_arraybuffer(env, 0, NULL, &buffer);
  return held(env, status) ? buffer : NULL;
}

/** detach(buffer): leaves it, and all arrays over it, without memory. */
static napi_value detach_buffer(napi_env env, napi_callback_info info) {
  napi_value buffer;
  size_t count = 1;
  if (held(env, napi_get_cb_info(env, info, &count, &buffer, NULL, NULL)))
    held(env, napi_detach_arraybuffer(env, buffer));
  return NULL;
}

/** Returns 1 where there can be buffers over memory that is not of the JavaScript engine: some forbid it. */
static int allows_views(napi_env env) {
  static char byte;
  napi_value buffer;
  return napi_create_external_arraybuffer(env, &byte, 1, NULL, NULL, &buffer) == napi_ok &&
         napi_detach_arraybuffer(env, buffer) == napi_ok;
}

/** load(engine, words: Int32Array, slots): the number of a tape. */
static napi_value load_tape(napi_env env, napi_callback_info info) {
  Call call;
  double slots, handle = 0;
  napi_typedarray_type type;
  size_t length;
  void *data;
  if (!begin(env, info, &call) || !array_of(env, call.rest[0], &type, &length, &data)) return NULL;
  if (!number_of(env, call.rest[1], &slots)) return NULL;
  if (!held(env, type == napi_int32_array ? napi_ok : napi_invalid_arg)) return NULL;
  // A copy: another thread may change shared words between the check and their use.
  const Memory words = memory_allocate(length * 4);
  if (!succeeded(env, words.start ? DONE : NO_MEMORY)) return NULL;
  if (length > 0) memcpy(words.start, data, length * 4);
  const Outcome outcome = engine_load(&call.engine->engine, (int32_t *)words.start, length, slots, &handle);
  memory_free(words);
  return succeeded(env, outcome) ? number(env, handle) : NULL;
}

/** unload(engine, tape) */
static napi_value unload_tape(napi_env env, napi_callback_info info) {
  Call call;
  double handle;
  if (!begin(env, info, &call) || !number_of(env, call.rest[0], &handle)) return NULL;
  succeeded(env, engine_unload(&call.engine->engine, handle));
  return NULL;
}

/** run(engine, tape, blocks: Float64Array): a promise of the status. */
static napi_value run_tape(napi_env env, napi_callback_info info) {
  Call call;
  double handle;
  napi_typedarray_type type;
  size_t count;
  void *blocks;
  napi_value promise;
  napi_value self[1];
  size_t first = 1;
  if (!begin(env, info, &call) || !number_of(env, call.rest[0], &handle)) return NULL;
  if (!array_of(env, call.rest[1], &type, &count, &blocks)) return NULL;
  if (!held(env, type == napi_float64_array ? napi_ok : napi_invalid_arg)) return NULL;
  if (!held(env, napi_get_cb_info(env, info, &first, self, NULL, NULL))) return NULL;

  Engine *engine = call.engine;
  if (!succeeded(env, engine->engine.busy ? BUSY : DONE)) return NULL;
  if (!held(env, napi_create_promise(env, &engine->promise, &promise))) return NULL;
  if (!held(env, napi_create_reference(env, self[0], 1, &engine->self))) return NULL;
  napi_ref_threadsafe_function(env, engine->ended);
  if (succeeded(env, engine_run(&engine->engine, handle, blocks, count))) return promise;
  napi_unref_threadsafe_function(env, engine->ended);
  napi_delete_reference(env, engine->self);
  engine->self = NULL;
  return NULL;
}

/** Describes the addon: its version, and the instruction sets of this processor that it has kernels for, best first. */
static void describe(napi_env env, napi_value exports) {
  napi_value list;
  uint32_t count = 0;
  if (napi_create_array(env, &list) != napi_ok) return;
  for (int i = 0; i < TABLES; i++)
    if (isa_runs_here(tables[i])) napi_set_element(env, list, count++, text(env, tables[i]->isa));
  napi_set_named_property(env, exports, "isas", list);
  napi_set_named_property(env, exports, "version", number(env, ENGINE_VERSION));
}

NAPI_MODULE_INIT() {
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"open", open_engine},   {"close", close_it},      {"kernels", list_kernels}, {"profile", list_times},
      {"allocate", allocate},  {"free", free_block},     {"write", write_block},    {"read", read_block},
      {"load", load_tape},     {"unload", unload_tape},  {"run", run_tape},             {"detach", detach_buffer},
      {"view", view_block},
  };
  // The last one is left out where it cannot work.
  const size_t count = sizeof functions / sizeof functions[0] - (allows_views(env) ? 0 : 1);
  for (size_t i = 0; i < count; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  describe(env, exports);
  return exports;
}
