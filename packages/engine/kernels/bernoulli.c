/**
 * Random booleans from Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Element i is
 * word i mod 4 at counter [i / 4, 0, stream, 1] and key [seed, 0], and true if the word is at least a threshold.
 */
typedef struct {
  /** `i32[]`. */
  Ref seed;
  /** `bool[count]`. */
  Ref to;
  int32_t count;
  int32_t stream;
  /** True where the word is greater, as unsigned numbers … */
  uint32_t below;
  /** … or this is not 0: the threshold is 0. */
  int32_t all;
} BernoulliArgs;

/** Elements of a task: a multiple of 4 · LANES. */
enum { BERNOULLI_ELEMENTS = 1 << 14 };

static int32_t bernoulli_tasks(const BernoulliArgs *args, int32_t phase) {
  (void)phase;
  return ceil_div(args->count, BERNOULLI_ELEMENTS);
}

NO_WORKSPACE(bernoulli, BernoulliArgs)

typedef uint64_t vu64 __attribute__((vector_size(LANES * 8)));

/** Both halves of the products of 32-bit numbers with a constant. */
INLINE void multiply_wide(vu a, uint32_t b, vu *high, vu *low) {
  const vu64 product = __builtin_convertvector(a, vu64) * (uint64_t)b;
  *high = __builtin_convertvector(product >> 32, vu);
  *low = a * b;
}

/** Four words for each of LANES counters. */
INLINE void philox(vu c[4], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; round++) {
    vu high0, low0, high1, low1;
    multiply_wide(c[0], 0xd2511f53u, &high0, &low0);
    multiply_wide(c[2], 0xcd9e8d57u, &high1, &low1);
    c[0] = high1 ^ c[1] ^ key0;
    c[1] = low1;
    c[2] = high0 ^ c[3] ^ key1;
    c[3] = low0;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
}

static void bernoulli_run(const Context *context, const BernoulliArgs *args, int32_t phase, int32_t task) {
  (void)phase;
  const uint32_t seed = *(const uint32_t *)at(context, args->seed);
  char *to = at(context, args->to);
  const int32_t first = task * BERNOULLI_ELEMENTS;
  const int32_t end = min_i32(args->count, first + BERNOULLI_ELEMENTS);
  vu lane;
  for (uint32_t i = 0; i < LANES; i++) lane[i] = i;
  const vu all = (vu){0} + (args->all != 0);
  for (int32_t i = first; i < end; i += 4 * LANES) {
    vu words[4] = {lane + (uint32_t)(i / 4), (vu){0}, (vu){0} + (uint32_t)args->stream, (vu){0} + 1};
    philox(words, seed, 0);
    // The four elements of a counter are the bytes of a word, lowest first.
    vu bytes = {0};
    for (int k = 0; k < 4; k++) bytes |= (((vu)(words[k] > args->below) & 1) | all) << (8 * k);
    memcpy(to + i, &bytes, (size_t)min_i32(4 * LANES, end - i));
  }
}
