import { paced } from '../report/paced.js';
import { decodedSizeOf } from '../sizes.js';
import { median, summarize } from '../statistics.js';
import { alternate, compareTimes, pytorchFault, reasonAgainst } from './alternate.js';
import { variants } from './training-times.js';

/** PyTorch's ways to decode: a token at a time reads weights for the most part, which TF32 makes no smaller. */
export const decodedVariants = variants.filter(({ precision }) => precision !== 'tf32');

/** The request for one of PyTorch's ways. */
export const decodingRequest = ({ config, prompt, tokens }, { precision, compiled }) => ({
  ...{ config, prompt, tokens, precision, compiled },
});

/** A choice between two tokens whose logits differ by less than this part of all logits' deviation is a tie. */
const TIE = 0.01;

/** Other choices of PyTorch's among attune's tokens: those of a tie, and those that show a fault. */
export function sortChoices(others) {
  const isTie = ({ gap, deviation }) => gap <= TIE * deviation;
  return { ties: others.filter(isTie), faults: others.filter((one) => !isTie(one)) };
}

const tokensPerSecond = (tokenMs) => 1000 / median(tokenMs);

/** The figures of one of PyTorch's ways. */
function figuresOf(rounds) {
  const { pytorchMs, attuneMs, ratio } = compareTimes(rounds, ({ tokenMs }) => tokenMs);
  const prompt = compareTimes(rounds, ({ promptMs }) => [promptMs]);
  const { peakBytes } = rounds.at(-1).theirs;
  return {
    ...{ tokenMs: pytorchMs, attuneMs, ratio },
    tokensPerSecond: 1000 / pytorchMs.median,
    ...{ promptMs: prompt.pytorchMs, promptRatio: prompt.ratio },
    ...(peakBytes !== null && { peakBytes }),
  };
}

/** Has PyTorch say what it would have decoded in the place of attune, and keeps it: `failed` where that is something else. */
async function compareTokens({ pytorch, variant, leftMs, result }) {
  const { others } = await pytorch.ask('compareTokens', { expected: result.tokens }, leftMs());
  const { ties, faults } = sortChoices(others);
  result.compared = { ...result.compared, [variant.name]: { ties, faults } };
  if (faults.length === 0) return;
  const [{ index, token, gap, deviation }] = faults;
  const reason =
    `${faults.length} of ${result.tokens.length} tokens are others. Token ${index} is ${result.tokens[index]}, and PyTorch's ` +
    `${token}, whose logit is larger by ${gap}; the logits' standard deviation is ${deviation}.`;
  (result.failed ??= []).push({ name: `the tokens of PyTorch ${variant.name}`, reason });
}

/** Times greedy decoding of one text: ours alone, then in turn with each of PyTorch's ways. */
export async function decoding({ device, startWorker, pytorch, leftMs, result, save }) {
  const worker = startWorker();
  const size = decodedSizeOf(device.allowSoftware);
  const { name: model, config, prompt, tokens } = size;
  Object.assign(result, { model, promptLength: prompt.length, pytorch: {} });
  const [promptMs, tokenMs] = [[], []];
  const saveNowAndThen = paced(save);
  const onTime = (time) => {
    if (time.promptMs !== undefined) {
      promptMs.push(time.promptMs);
      result.prefillTokensPerSecond = (1000 * prompt.length) / median(promptMs);
    } else {
      tokenMs.push(time.tokenMs);
      Object.assign(result, { tokenMs: summarize(tokenMs), tokensPerSecond: tokensPerSecond(tokenMs) });
    }
    saveNowAndThen();
  };
  const ours = () => worker.ask('decodeTokens', { count: tokens }, leftMs(), onTime);
  try {
    await worker.ask('openDecoding', { device, config, prompt, tokens }, leftMs());
    result.tokens = (await ours()).tokens;
    save();
    for (const variant of pytorch ? decodedVariants : []) {
      const notRun = reasonAgainst(variant, pytorch, leftMs());
      if (notRun) {
        result.pytorch[variant.name] = { notRun };
        continue;
      }
      try {
        const { graphsSkipped } = await pytorch.ask('openDecoding', decodingRequest(size, variant), leftMs());
        if (variant.precision === 'f32') await compareTokens({ pytorch, variant, leftMs, result });
        await alternate({
          ours,
          theirs: () => pytorch.ask('decodeTokens', { count: tokens }, leftMs()),
          untilMs: performance.now() + leftMs() / 2,
          onRound: (rounds) => {
            const graphs = graphsSkipped > 0 && { graphsSkipped };
            result.pytorch[variant.name] = { ...figuresOf(rounds), ...graphs };
            saveNowAndThen();
          },
        });
      } catch (error) {
        // Ours is told of by whoever runs this part.
        if (worker.ended) throw error;
        result.pytorch[variant.name] ??= pytorchFault(error);
      }
      save();
    }
  } finally {
    await worker.kill();
    await pytorch?.ask('close', {}, 10_000).catch(() => undefined);
  }
}
