#include "narrow.h"

/** Functions that a product may end with. The numbers are those of `src/rules/matmul/gemm.ts`. */
typedef enum { GEMM_IDENTITY = 0, GEMM_GELU_ERF = 1, GEMM_GELU_TANH = 2, GEMM_SILU = 3, GEMM_RELU = 4 } GemmActivation;

/** The factors of B, which are float32: none, one for each of its columns, `[n]`, or one for each of its rows, `[k]`. */
typedef enum { GEMM_UNSCALED = 0, GEMM_SCALED_COLUMNS = 1, GEMM_SCALED_ROWS = 2 } GemmScale;

/**
 * Matrix products `C = f(A · B + bias) + residual` of `[m, k] × [k, n]`, `outer * inner` of them. Element (i, p) of A is
 * a[i * rowA + p * columnA], element (p, j) of B is b[p * rowB + j * columnB]; of the two strides of each, one is 1. Rows of C
 * are contiguous, and rowC apart. `residual` and `before` lie as C does, where they are there; `residual` may be C itself,
 * unless there is a function f. Other operands do not overlap C.
 */
typedef struct {
  Ref a, b, c;
  /** `[n]`, the same for all products. */
  Ref bias;
  Ref residual;
  /** Takes `A · B + bias`, what f is applied to: its gradient needs it. */
  Ref before;
  int32_t m, n, k;
  int32_t rowA, columnA, rowB, columnB, rowC;
  /** Numbers of products, in two levels, and the distances between them. */
  int32_t outer, inner;
  int32_t outerA, outerB, outerC;
  int32_t innerA, innerB, innerC;
  /** A GemmActivation. */
  int32_t activation;
  /** Whether to add A · B to what C holds. */
  int32_t accumulate;
  /** How B is stored, a Storage, and factors that belong to it: a GemmScale, the same for all products. */
  int32_t storage, scaling;
  Ref scales;
} GemmArgs;

/** Where the operands of one product begin. */
typedef struct {
  const float *a;
  const char *b;
  /** Element offset of the product in C, and in `residual` and `before`. */
  size_t c;
} GemmItem;

/** The length of so many elements of B. */
INLINE size_t gemm_bytes_of_b(const GemmArgs *args, size_t elements) { return elements * stored_bytes(args->storage); }

static GemmItem gemm_item(const Context *context, const GemmArgs *args, int32_t item) {
  const int64_t outer = item / args->inner, inner = item % args->inner;
  return (GemmItem){
      .a = (const float *)at(context, args->a) + outer * args->outerA + inner * args->innerA,
      .b = (const char *)at(context, args->b) + gemm_bytes_of_b(args, outer * args->outerB + inner * args->innerB),
      .c = (size_t)(outer * args->outerC + inner * args->innerC),
  };
}

/** Whether C holds a term of the sum at the start: `accumulate`, or a residual that is C itself. */
static int gemm_adds(const GemmArgs *args) {
  return args->accumulate ||
         (is_there(args->residual) && args->residual.slot == args->c.slot && args->residual.offset == args->c.offset);
}
