/** A loss, with as many digits as one can follow. */
export const formatLoss = (loss: number): string => loss.toFixed(4);

/** A count, with separators. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en');
