/** Calls from JavaScript: their arguments, checked, and the errors that they end with. */
#ifndef ATTUNE_CALL_H
#define ATTUNE_CALL_H

#define NAPI_VERSION 8
#include <node_api.h>

#include "engine.h"

/** An engine, and how the end of a run comes back to the thread of Node. */
typedef struct {
  NativeEngine engine;
  Memory memory;
  napi_env env;
  napi_threadsafe_function ended;
  /** While a run is under way: its promise, and a reference that keeps the engine from the garbage collector. */
  napi_deferred promise;
  napi_ref self;
  Status status;
} Engine;

/** Marks the objects that wrap an Engine: others are refused. */
static const napi_type_tag ENGINE_TAG = {0x8d3f6a0e51c24b97, 0xa1b7c3d42e9f5860};

static const char *const faults[] = {
    [NO_MEMORY] = "ERR_NO_MEMORY",         [NO_THREAD] = "ERR_NO_THREAD", [NO_HANDLE] = "ERR_NO_HANDLE",
    [OUT_OF_BOUNDS] = "ERR_OUT_OF_BOUNDS", [CORRUPT] = "ERR_CORRUPT",     [BUSY] = "ERR_BUSY",
};

/** Throws an error for everything but DONE. */
static int succeeded(napi_env env, Outcome outcome) {
  if (outcome == DONE) return 1;
  napi_throw_error(env, faults[outcome], "The native engine refused a call.");
  return 0;
}

/** Throws if a call of Node-API failed, unless it has thrown already. */
static int held(napi_env env, napi_status status) {
  if (status == napi_ok) return 1;
  bool thrown = false;
  napi_is_exception_pending(env, &thrown);
  if (!thrown) napi_throw_type_error(env, "ERR_ARGUMENT", "The native engine was called with a wrong argument.");
  return 0;
}

enum { MOST_ARGUMENTS = 5 };

/** The arguments of a call, the first of which is an engine that is open. */
typedef struct {
  Engine *engine;
  napi_value rest[MOST_ARGUMENTS - 1];
} Call;

static int begin(napi_env env, napi_callback_info info, Call *call) {
  napi_value args[MOST_ARGUMENTS];
  size_t count = MOST_ARGUMENTS;
  bool is_engine = false;
  if (!held(env, napi_get_cb_info(env, info, &count, args, NULL, NULL))) return 0;
  // Missing ones are undefined.
  if (!held(env, napi_check_object_type_tag(env, args[0], &ENGINE_TAG, &is_engine))) return 0;
  if (!held(env, is_engine ? napi_unwrap(env, args[0], (void **)&call->engine) : napi_invalid_arg)) return 0;
  for (int i = 1; i < MOST_ARGUMENTS; i++) call->rest[i - 1] = args[i];
  return held(env, call->engine->engine.open ? napi_ok : napi_closing);
}

static int number_of(napi_env env, napi_value value, double *number) {
  return held(env, napi_get_value_double(env, value, number));
}

static napi_value number(napi_env env, double value) {
  napi_value made = NULL;
  napi_create_double(env, value, &made);
  return made;
}

static napi_value text(napi_env env, const char *value) {
  napi_value made = NULL;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &made);
  return made;
}

/** The bytes of a typed array. Sets `type` and the number of elements. */
static int array_of(napi_env env, napi_value value, napi_typedarray_type *type, size_t *length, void **data) {
  return held(env, napi_get_typedarray_info(env, value, type, length, data, NULL, NULL));
}

#endif
