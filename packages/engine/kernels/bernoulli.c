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

/** Elements of a task: a multiple of 4 · COUNTERS. */
enum { BERNOULLI_ELEMENTS = 1 << 14 };

static int32_t bernoulli_tasks(const BernoulliArgs *args, int32_t phase) {
  (void)phase;
  return ceil_div(args->count, BERNOULLI_ELEMENTS);
}

NO_WORKSPACE(bernoulli, BernoulliArgs)

/** Counters at once: each has 64 bits of a vector, whose lower half holds a word. What is in the upper half does not matter. */
enum { COUNTERS = LANES / 2 };
typedef uint64_t Words __attribute__((vector_size(COUNTERS * 8)));
typedef uint32_t HalfWords __attribute__((vector_size(COUNTERS * 4)));

/** The 64-bit products of words with a constant. */
INLINE Words multiply_words(Words a, uint32_t b) {
#if defined(__AVX512F__)
  return (Words)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
  return (Words)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#else
  return __builtin_convertvector(__builtin_convertvector(a, HalfWords), Words) * (uint64_t)b;
#endif
}

/** Ten rounds: of the four words of each counter. */
INLINE void philox(Words c[4], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; round++) {
    const Words product0 = multiply_words(c[0], 0xd2511f53u);
    const Words product1 = multiply_words(c[2], 0xcd9e8d57u);
    c[0] = (product1 >> 32) ^ c[1] ^ (uint64_t)key0;
    c[1] = product1;
    c[2] = (product0 >> 32) ^ c[3] ^ (uint64_t)key1;
    c[3] = product0;
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
  Words lane;
  for (uint32_t i = 0; i < COUNTERS; i++) lane[i] = i;
  const Words word = (Words){0} + 0xffffffffu;
  const Words below = (Words){0} + args->below;
  const Words all = (Words){0} + (uint64_t)(args->all != 0);
  for (int32_t i = first; i < end; i += 4 * COUNTERS) {
    Words c[4] = {lane + (uint64_t)(i / 4), (Words){0}, (Words){0} + (uint32_t)args->stream, (Words){0} + 1};
    philox(c, seed, 0);
    // The four elements of a counter are the bytes of a word, lowest first.
    Words four = {0};
    for (int k = 0; k < 4; k++) four |= (((Words)((c[k] & word) > below) & 1) | all) << (8 * k);
    const HalfWords bytes = __builtin_convertvector(four, HalfWords);
    if (end - i >= 4 * COUNTERS)
      memcpy(to + i, &bytes, sizeof bytes);
    else
      memcpy(to + i, &bytes, (size_t)(end - i));
  }
}
