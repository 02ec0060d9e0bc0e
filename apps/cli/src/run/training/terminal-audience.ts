import { plural, shellWord } from '@attune/core';
import {
  formatCount,
  formatDuration,
  type ObservedEvaluation,
  type RunAudience,
  type RunBeginning,
  type RunConfig,
  type RunEnd,
  type RunSummary,
  type TrainingCommand,
} from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { attuneCommand } from '../../environment/invocation.js';
import { createDisplay, type Display } from './display.js';
import { listenForInterrupt } from './interrupt.js';
import { firstLines, indent } from './sample-text.js';

/** The part of a step that each rank does: `6 of the 12 rows`. */
function describeRanks(
  { size, description }: NonNullable<RunBeginning['ranks']>,
  { batchSize, gradientAccumulationSteps }: RunConfig,
): string {
  // Micro-batches stay whole where there are enough of them.
  const unit = gradientAccumulationSteps >= size ? batchSize : 1;
  const rows = batchSize * gradientAccumulationSteps;
  const [least, most] = [Math.floor(rows / unit / size) * unit, Math.ceil(rows / unit / size) * unit];
  const share = least === most ? formatCount(least) : `${formatCount(least)} or ${formatCount(most)}`;
  return `ranks    ${description}; each has ${share} of the ${plural(rows, 'row')} of a step`;
}

function describeRun({ backend, description, config, ranks, path, checkpoint }: RunBeginning): string {
  const { batchSize, gradientAccumulationSteps, maxIters } = config;
  const rows = batchSize * gradientAccumulationSteps;
  const from = checkpoint === undefined ? '' : `, from ${checkpoint}`;
  return [
    `backend  ${backend}`,
    ...(ranks ? [describeRanks(ranks, config)] : []),
    ...description,
    `run      ${plural(maxIters, 'step')} of ${plural(rows, 'row')}, into ${path}${from}`,
    '',
  ].join('\n');
}

function describeEvaluation({ metrics, evaluation, predictsTokens, seconds }: ObservedEvaluation): string {
  const { step, loss } = metrics;
  const perplexity = predictsTokens ? ` (perplexity ${evaluation.perplexity.toFixed(2)})` : '';
  return (
    `step ${step}: train loss ${loss.toFixed(4)}, val loss ${evaluation.loss.toFixed(4)}${perplexity}, ` +
    `after ${formatDuration(seconds)}`
  );
}

/** Why a run ended, for people. */
function describeEnd(
  end: RunEnd,
  { patience, maxSeconds, targetLoss }: RunConfig,
  command: TrainingCommand,
): string {
  const reasons: Record<RunEnd, string> = {
    maxIters: '--max-iters is reached',
    maxEpochs: command === 'pretrain' ? '--max-epochs is reached' : '--epochs is reached',
    maxTokens: '--max-tokens is reached',
    maxSeconds: `--max-seconds ${maxSeconds} ${maxSeconds === 1 ? 'is' : 'are'} over`,
    targetLoss: `the train loss is at most --target-loss ${targetLoss}`,
    converged: `converged: the validation loss has not fallen for ${plural(patience ?? 0, 'evaluation')}`,
    signal: 'interrupted',
    dataEnded: 'the data is at its end',
  };
  return reasons[end];
}

function summarize(summary: RunSummary, command: TrainingCommand, context: Context): string {
  const { end, config, steps, seconds, last, lowest, sample, predictsTokens, generates } = summary;
  const lines = [
    '',
    `${plural(steps, 'step')} in ${formatDuration(seconds)}: ${describeEnd(end, config, command)}`,
  ];
  if (last) lines.push(`train loss  ${last.loss.toFixed(4)}`);
  if (last?.valLoss !== undefined) {
    const perplexity =
      predictsTokens && last.perplexity !== undefined ? ` (perplexity ${last.perplexity.toFixed(2)})` : '';
    lines.push(`val loss    ${last.valLoss.toFixed(4)}${perplexity}`);
  }
  if (lowest) lines.push(`the lowest  ${lowest.valLoss.toFixed(4)}, after step ${formatCount(lowest.step)}`);
  if (sample) lines.push('', `${sample.title}:`, '', indent(sample.text));
  lines.push('', `The model is in ${summary.finalPath}.`);
  if (generates)
    lines.push('', `Next: ${attuneCommand(context)} generate --model ${shellWord(summary.path)}`);
  return lines.join('\n');
}

/**
 * Whoever sits at the terminal: is shown how a run goes, and ends it by Ctrl-C.
 *
 * @param json metrics as JSON lines on stdout; what is told to people goes to stderr.
 */
export function terminalAudience(
  command: TrainingCommand,
  { json }: { readonly json: boolean },
  context: Context,
): RunAudience {
  const output = json ? context.stderr : context.stdout;
  let display: Display | undefined;
  const print = (text: string) => {
    if (display) display.print(text);
    else output.write(`${text}\n`);
  };
  return {
    listen: () =>
      listenForInterrupt(context, () =>
        print('Finishing this step, then writing a checkpoint. Ctrl-C again leaves at once.'),
      ),
    observer: {
      begins(beginning) {
        const { maxIters: total, logInterval } = beginning.config;
        display = createDisplay(output, { total, logInterval }, context);
        print(describeRun(beginning));
        for (const note of beginning.notes) print(note);
      },
      step({ record, secondsLeft, deviceBytes }) {
        if (json) context.stdout.writeJson(record);
        display?.step({ metrics: record, secondsLeft, deviceBytes, processBytes: process.memoryUsage.rss() });
      },
      evaluated: (evaluation) => print(describeEvaluation(evaluation)),
      sampled({ text, isLast }) {
        if (!isLast) print(indent(firstLines(text)));
      },
      stopped: () => display?.stop(),
      ended: (summary) => print(summarize(summary, command, context)),
    },
  };
}
