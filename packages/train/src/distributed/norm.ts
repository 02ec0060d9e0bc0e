/**
 * The norm of a gradient from the sum of squares of each tensor, rounded as a program rounds that adds them up in this order.
 */
export function normOf(squares: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < squares.length; i++) total = Math.fround(total + squares[i]!);
  return Math.fround(Math.sqrt(total));
}
