/** Divides the time of a check among its parts. */

/**
 * A part of the check.
 *
 * @typedef {object} Part
 * @property {string} name
 * @property {number} weight its share of the time that is left, against those of the parts that follow
 * @property {number} [mostMs] the most that it gets
 */

/** A part with less time than this would only start. */
export const LEAST_MS = 4000;

/** Time kept back at the end for ending processes and writing the report. */
export const RESERVE_MS = 1500;

/**
 * The milliseconds that a part may take: its share of what is left, so that what earlier parts did not use goes to those after
 * them. `undefined` where it is too little to begin.
 *
 * @param {readonly Part[]} parts
 * @param {number} index of the part that is next
 * @param {number} leftMs until the limit
 */
export function shareOf(parts, index, leftMs) {
  const rest = parts.slice(index).reduce((sum, { weight }) => sum + weight, 0);
  const { weight, mostMs = Infinity } = parts[index];
  const usable = leftMs - RESERVE_MS;
  const share = Math.min(mostMs, Math.max((usable * weight) / rest, Math.min(LEAST_MS, usable)));
  return share >= LEAST_MS ? share : undefined;
}

/**
 * How many steps a round of measuring takes: about half a second of them, and at least one.
 *
 * @param {number} stepMs
 */
export const stepsOfRound = (stepMs) => Math.max(1, Math.min(25, Math.round(500 / stepMs)));
