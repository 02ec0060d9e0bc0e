/** The executor as one translation unit. It is compiled once, without regard to instruction sets. */
#include "team.c"
#include "tape.c"
#include "execute.c"
#ifdef __wasm__
#include "wasm.c"
#endif
