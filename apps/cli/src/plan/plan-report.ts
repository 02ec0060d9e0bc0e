import { plural } from '@attune/core';
import { formatBytes, formatCount, formatDuration, type ParameterGroup } from '@attune/runs';
import type { Colors } from '../printing/colors.js';
import { joined, styled, type Styled, type Text } from '../printing/styled.js';
import type { Plan, PlannedBackend, StepTime } from './make-plan.js';
import { opsInFull, opsSummary } from './ops-report.js';

/** `1.14 s a step`, `18.2 ms a step`. */
export function formatStep(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toPrecision(3)} ms`;
}

function formatGroup({ count, bytes, byStorage }: ParameterGroup): string {
  if (count === 0) return 'none';
  const storages = Object.entries(byStorage).map(([name, part]) => `${formatBytes(part.bytes)} in ${name}`);
  const parts = storages.length > 1 ? ` (${storages.join(', ')})` : ` in ${Object.keys(byStorage)[0]}`;
  return `${formatCount(count)}, ${formatBytes(bytes)}${parts}`;
}

function formatTime(time: StepTime): string {
  const { stepMs, basis, steps, measuredAt } = time;
  if (basis === 'estimated') return `roughly ${formatStep(stepMs)} a step, from small models`;
  const when = measuredAt === undefined ? 'now' : `on ${measuredAt.slice(0, 10)}`;
  return `${formatStep(stepMs)} a step, measured ${when} (${plural(steps ?? 0, 'step')})`;
}

function formatBackend(backend: PlannedBackend, colors: Colors): Styled {
  const { name, memory, time, chosen, ops } = backend;
  const label = `${name}${chosen ? ' (chosen)' : ''}`.padEnd(20);
  if (!memory) {
    const missing = ops.filter(({ support }) => support === 'missing').map(({ op }) => op);
    return styled`  ${colors.red('✗')} ${label}lacks ${missing.join(', ')}`;
  }
  const mark = memory.fits ? colors.green('✓') : colors.red('✗');
  const peak = `${memory.device.exact ? '' : 'about '}${formatBytes(memory.resident.peak)}`;
  const fits = memory.fits ? '' : ', does not fit';
  const parts = [`peak ${peak}${fits}`, ...(time ? [formatTime(time)] : [])];
  return styled`  ${mark} ${label}${parts.join('; ')}`;
}

const row = (label: string, value: Text) => styled`  ${label.padEnd(28)}${value}`;

/** The memory of the chosen backend, part by part. */
function formatMemory({ name, memory }: PlannedBackend, { machine }: Plan): Text[] {
  if (!memory) return [];
  const { device, resident, fits } = memory;
  const part = (label: string, bytes: number) => row(label, formatBytes(bytes).padStart(10));
  return [
    '',
    `memory on ${name}`,
    part('process, data, tokenizer', resident.process),
    part('parameters', device.parameters),
    part('optimizer', device.optimizer),
    part('activations and gradients', device.step),
    part('programs', device.programs),
    part('evaluation and samples', device.extras),
    part('peak while loading', resident.loading),
    part('peak while training', resident.training),
    part('peak while saving', resident.saving),
    row(
      'peak',
      `${formatBytes(resident.peak).padStart(10)} of ${formatBytes(machine.available)} available: ${fits ? 'fits' : 'does not fit'}`,
    ),
  ];
}

/** How a step is cut into micro-batches, as it was asked for and so that it fits. */
function formatMicroBatches({ microBatches: { asked, fitting, rowsPerStep, rowLength } }: Plan): string[] {
  const say = ({ batchSize, gradientAccumulationSteps, gradientCheckpointing }: typeof asked) =>
    `--batch-size ${batchSize} --gradient-accumulation-steps ${gradientAccumulationSteps}` +
    (gradientCheckpointing ? ' --gradient-checkpointing' : '');
  const rows = `${plural(rowsPerStep, 'row')} of up to ${plural(rowLength, 'token')}`;
  const isSame = fitting !== null && JSON.stringify(asked) === JSON.stringify(fitting);
  const verdict = isSame
    ? `${say(asked)} fits`
    : fitting
      ? `${say(fitting)} fits, and has the same rows in a step; ${say(asked)} does not`
      : 'no micro-batch fits, not even one row with gradient checkpointing: use a smaller model, shorter rows, or --method lora';
  return ['', `step of ${rows}`, `  ${verdict}`];
}

function formatLength(plan: Plan): string[] {
  const time = plan.backends[0]?.time;
  if (!time) return [];
  const { rowsPerStep, rowLength } = plan.microBatches;
  const { maxIters } = plan;
  const perSecond = (1000 * rowsPerStep * rowLength) / time.stepMs;
  return [
    `  up to ${formatCount(perSecond)} tokens/s; ${plural(maxIters, 'step')} in about ${formatDuration((maxIters * time.stepMs) / 1000)}, evaluation and samples apart`,
  ];
}

/** A plan, for people. */
export function formatPlan(
  plan: Plan,
  { allOps, colors }: { readonly allOps: boolean; readonly colors: Colors },
): Styled {
  const { description, parameters, backends, unavailable } = plan;
  const [chosen] = backends as [PlannedBackend];
  const lines: Text[] = [
    ...description,
    `trained  ${formatGroup(parameters.trained)}`,
    `frozen   ${formatGroup(parameters.frozen)}`,
    '',
    'backends',
    ...backends.map((backend) => formatBackend(backend, colors)),
    ...unavailable.map(({ name, reason }) => styled`  ${colors.red('✗')} ${name.padEnd(20)}${reason}`),
    ...formatMemory(chosen, plan),
    ...formatMicroBatches(plan),
    ...formatLength(plan),
    '',
    ...(allOps ? opsInFull(backends) : opsSummary(backends)),
    '',
  ];
  return joined(lines, '\n');
}
