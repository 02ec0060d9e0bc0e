/** Between two looks of a report at what goes on, of which there is one every few milliseconds. */
const EVERY_MS = 2000;

/**
 * A function that saves if that was not done for some time, for events that come quickly.
 *
 * @param {() => void} save
 * @param {() => number} [now]
 */
export function paced(save, now = () => performance.now()) {
  let savedMs = now();
  return () => {
    if (now() - savedMs < EVERY_MS) return;
    savedMs = now();
    save();
  };
}
