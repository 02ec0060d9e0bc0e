/**
 * The innermost loop of a matrix product: a tile of GEMM_ROWS × GEMM_COLUMNS elements of C whose sums stay in registers while
 * k runs. The sizes fill the registers: 32 with AVX-512 and NEON, 16 with AVX2 and in WebAssembly on x86-64, of which V8 keeps
 * one for itself. Without relaxed SIMD, products need registers before they are added, and six rows would be spilled.
 */
#if LANES == 16
enum { GEMM_ROWS = 14 };
#elif defined(__ARM_NEON)
enum { GEMM_ROWS = 8 };
#elif LANES == 8 || defined(__wasm_relaxed_simd__)
enum { GEMM_ROWS = 6 };
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
  /** True to add to what C holds: only where GEMM_TILE_ADDS. */
  int add;
} GemmTile;

/**
 * Keeps loads through a pointer between those before and after it. V8 leaves loads in the order that it is given them in: an
 * element of A is to be read where it is used, for there is no register to hold it until then.
 */
#if defined(__wasm__)
#define READ_HERE(pointer) __asm__ volatile("" : "+r"(pointer) : : "memory")
#else
#define READ_HERE(pointer) (void)0
#endif

/** Says that a tile can be added to C as it is stored: see what V8 makes of that at `gemm_tile`. */
#if defined(__wasm__)
enum { GEMM_TILE_ADDS = 0 };
#else
enum { GEMM_TILE_ADDS = 1 };
#endif

/**
 * One tile of `rows` × `vectors * LANES` elements; `down` says that a column of A is contiguous. V8 up to that of Node 22 puts
 * products in the order in which the code after the loop uses them: unless that is nothing but stores in the order of rows,
 * it reads all of A's elements first, and spills.
 */
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
      const float *item = a + i * (down ? 1 : strideA);
      READ_HERE(item);
      const vf y = splat(*item);
      WRITE_OUT for (int j = 0; j < vectors; j++) sum[i][j] = fma_v(y, x[j], sum[i][j]);
    }
    a += down ? strideA : 1;
    b += rowB;
  }

  float *const c = tile->c;
  const size_t rowC = tile->rowC;
  if (GEMM_TILE_ADDS && tile->add) {
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

/** A tile of any number of rows: code for each of them. */
INLINE void gemm_rows(const GemmTile *tile, int rows, const int vectors, const int down) {
  switch (rows) {
    GEMM_CASE(1)
    GEMM_CASE(2)
    GEMM_CASE(3)
    GEMM_CASE(4)
#if LANES > 4 || defined(__ARM_NEON) || defined(__wasm_relaxed_simd__)
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

/** Tiles of which most of a product are made: each a function of its own, as V8 spills in one that has several loops. */
#define GEMM_LARGE(name, rows, down) \
  static __attribute__((noinline)) void name(const GemmTile *tile) { gemm_tile(tile, rows, GEMM_VECTORS, down); }
#define GEMM_TILES(kind, down) \
  GEMM_LARGE(gemm_full_##kind, GEMM_ROWS, down) \
  GEMM_LARGE(gemm_less_##kind, GEMM_ROWS - 1, down) \
  static __attribute__((noinline)) void gemm_wide_##kind(const GemmTile *tile, int rows) { \
    gemm_rows(tile, rows, GEMM_VECTORS, down); \
  } \
  static __attribute__((noinline)) void gemm_narrow_##kind(const GemmTile *tile, int rows) { \
    gemm_rows(tile, rows, 1, down); \
  } \
  static void gemm_##kind(const GemmTile *tile, int rows, int vectors) { \
    if (vectors == 1) gemm_narrow_##kind(tile, rows); \
    else if (rows == GEMM_ROWS) gemm_full_##kind(tile); \
    else if (rows == GEMM_ROWS - 1) gemm_less_##kind(tile); \
    else gemm_wide_##kind(tile, rows); \
  }
GEMM_TILES(along, 0)
GEMM_TILES(down, 1)

/** The tile of `rows` rows (1 to GEMM_ROWS) and `vectors` vectors of columns (1 or 2). */
static void gemm_multiply(const GemmTile *tile, int rows, int vectors, int down) {
  (down ? gemm_down : gemm_along)(tile, rows, vectors);
}
