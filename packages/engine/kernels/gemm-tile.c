/**
 * The innermost loop of a matrix product: a tile of GEMM_ROWS × GEMM_COLUMNS elements of C whose sums stay in registers while
 * k runs. The sizes fill the registers: 32 with AVX-512 and NEON, 16 with AVX2. V8 keeps no more than 8 sums of WebAssembly
 * in registers together with what feeds them; steps of k that are written out make it spill, and half as fast.
 */
#if LANES == 16
enum { GEMM_ROWS = 14 };
#elif LANES == 8
enum { GEMM_ROWS = 6 };
#elif defined(__ARM_NEON)
enum { GEMM_ROWS = 8 };
#else
enum { GEMM_ROWS = 4 };
#endif

/** Vectors and columns of a full tile. */
enum { GEMM_VECTORS = 2, GEMM_COLUMNS = GEMM_VECTORS * LANES };

/** Asks for a loop of a constant count to be written out, so that what it indexes is held in registers. */
#define WRITE_OUT _Pragma("GCC unroll 16")

/** A vector, or its first lanes where there are fewer. */
INLINE vf gemm_load(const float *from, int32_t lanes) { return lanes < LANES ? load_part(from, lanes) : load(from); }
INLINE void gemm_store(float *to, vf x, int32_t lanes) {
  if (lanes < LANES) store_part(to, x, lanes);
  else store(to, x);
}

/** Operands of a tile. */
typedef struct {
  /** Length of the sums. */
  size_t k;
  const float *a;
  /** Distance in A between rows where they are `a[i * strideA + p]`, between columns where they are `a[i + p * strideA]`. */
  size_t strideA;
  const float *b;
  /** Distance in B from one p to the next; columns are neighbours. */
  size_t rowB;
  float *c;
  size_t rowC;
  /** Whether to add to what C holds. */
  int add;
} GemmTile;

/** One tile of `rows` × `vectors * LANES` elements; `down` says that a column of A is contiguous. */
INLINE void gemm_tile(const GemmTile *tile, const int rows, const int vectors, const int down) {
  vf sum[GEMM_ROWS][GEMM_VECTORS];
  WRITE_OUT for (int i = 0; i < rows; i++)
    WRITE_OUT for (int j = 0; j < vectors; j++) sum[i][j] = splat(0);

  const size_t k = tile->k, strideA = tile->strideA, rowB = tile->rowB;
  const float *a = tile->a, *b = tile->b;
  for (size_t p = 0; p < k; p++) {
    vf x[GEMM_VECTORS];
    WRITE_OUT for (int j = 0; j < vectors; j++) x[j] = load(b + j * LANES);
    WRITE_OUT for (int i = 0; i < rows; i++) {
      const vf y = splat(down ? a[i] : a[i * strideA]);
      WRITE_OUT for (int j = 0; j < vectors; j++) sum[i][j] = fma_v(y, x[j], sum[i][j]);
    }
    a += down ? strideA : 1;
    b += rowB;
  }

  float *const c = tile->c;
  const size_t rowC = tile->rowC;
  if (tile->add) {
    WRITE_OUT for (int i = 0; i < rows; i++)
      WRITE_OUT for (int j = 0; j < vectors; j++) sum[i][j] += load(c + i * rowC + j * LANES);
  }
  WRITE_OUT for (int i = 0; i < rows; i++)
    WRITE_OUT for (int j = 0; j < vectors; j++) store(c + i * rowC + j * LANES, sum[i][j]);
}

#define GEMM_CASE(rows) \
  case rows: \
    gemm_tile(tile, rows, vectors, down); \
    break;

/** A tile of any number of rows, 1 to GEMM_ROWS: code for each of them. */
INLINE void gemm_rows(const GemmTile *tile, int rows, const int vectors, const int down) {
  switch (rows) {
    GEMM_CASE(1)
    GEMM_CASE(2)
    GEMM_CASE(3)
    GEMM_CASE(4)
#if !defined(__wasm__)
    GEMM_CASE(5)
    GEMM_CASE(6)
#endif
#if LANES == 16 || defined(__ARM_NEON)
    GEMM_CASE(7)
    GEMM_CASE(8)
#endif
#if LANES == 16
    GEMM_CASE(9)
    GEMM_CASE(10)
    GEMM_CASE(11)
    GEMM_CASE(12)
    GEMM_CASE(13)
    GEMM_CASE(14)
#endif
  }
}

static __attribute__((noinline)) void gemm_along(const GemmTile *tile, int rows) {
  gemm_rows(tile, rows, GEMM_VECTORS, 0);
}
static __attribute__((noinline)) void gemm_down(const GemmTile *tile, int rows) {
  gemm_rows(tile, rows, GEMM_VECTORS, 1);
}
static __attribute__((noinline)) void gemm_narrow_along(const GemmTile *tile, int rows) { gemm_rows(tile, rows, 1, 0); }
static __attribute__((noinline)) void gemm_narrow_down(const GemmTile *tile, int rows) { gemm_rows(tile, rows, 1, 1); }

/** The tile of `rows` rows (1 to GEMM_ROWS) and `vectors` vectors of columns (1 or 2). */
static void gemm_multiply(const GemmTile *tile, int rows, int vectors, int down) {
  if (vectors == GEMM_VECTORS) (down ? gemm_down : gemm_along)(tile, rows);
  else (down ? gemm_narrow_down : gemm_narrow_along)(tile, rows);
}
