import { decodedSize } from '../sizes.js';
import { median, summarize } from '../statistics.js';

/** Tokens that compile or warm up, and are not counted. */
const WARMUP = 2;

/** Times decoding of one text. */
export async function decoding({ device, startWorker, leftMs, result, save }) {
  const worker = startWorker();
  const tokenMs = [];
  try {
    await worker.ask('decoding', { device, ...decodedSize }, leftMs(), (event) => {
      if (event.prefillMs !== undefined) {
        result.prefillTokensPerSecond = (1000 * decodedSize.prompt) / event.prefillMs;
        save();
        return;
      }
      tokenMs.push(event.tokenMs);
      const counted = tokenMs.slice(WARMUP);
      if (counted.length === 0) return;
      Object.assign(result, { tokenMs: summarize(counted), tokensPerSecond: 1000 / median(counted) });
      save();
    });
  } finally {
    await worker.kill();
  }
}
