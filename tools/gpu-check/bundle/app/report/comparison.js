import { variants } from '../parts/training-times.js';
import { figure, oneLine, table } from './format.js';

/** The figures of a part, by name, in the order of the report. */
function figuresOf({ result = {} }) {
  const {
    stepMs,
    traffic,
    pytorch = {},
    tokensPerSecond,
    prefillTokensPerSecond,
    gpuBytes,
    passed,
    failed,
  } = result;
  const found = {
    'tests passed': passed,
    'tests failed': failed?.length,
    'step, ms': stepMs?.median,
    'first step, ms': result.firstStepMs,
    'dispatches a step': traffic?.dispatches,
    'submits a step': traffic?.submits,
    'GPU memory, MiB': gpuBytes === undefined ? undefined : gpuBytes / 2 ** 20,
    ...Object.fromEntries(
      variants.flatMap(({ name }) => [
        [`PyTorch ${name}, ms`, pytorch[name]?.stepMs?.median],
        [`PyTorch ${name}, tokens/s`, pytorch[name]?.tokensPerSecond],
        [`attune / PyTorch ${name}`, pytorch[name]?.ratio?.median],
        [`attune / PyTorch ${name}, prompt`, pytorch[name]?.promptRatio?.median],
      ]),
    ),
    'prompt, tokens/s': prefillTokensPerSecond,
    'decoding, tokens/s': tokensPerSecond,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => Number.isFinite(value)));
}

const byName = ({ parts }) => new Map(parts.map((part) => [part.name, part]));
const failuresOf = ({ parts }) =>
  parts.flatMap(({ name, result }) => (result?.failed ?? []).map((test) => `${name}: ${test.name}`));
const stateOf = (part) => part?.state ?? 'missing';

function list(title, lines) {
  return lines.length === 0 ? [] : [title, lines.map((line) => `- ${oneLine(line)}`).join('\n')];
}

/** Two reports side by side, as Markdown. */
export function comparisonOf(a, b) {
  const [ours, theirs] = [byName(a), byName(b)];
  const names = [...new Set([...ours.keys(), ...theirs.keys()])];
  const rows = names.flatMap((name) => {
    const [left, right] = [figuresOf(ours.get(name) ?? {}), figuresOf(theirs.get(name) ?? {})];
    return [...new Set([...Object.keys(left), ...Object.keys(right)])].map((key) => [
      name,
      key,
      figure(left[key]),
      figure(right[key]),
      left[key] > 0 ? figure(right[key] / left[key]) : '–',
    ]);
  });
  const about = [
    ['attune', a.attune, b.attune],
    ['device', a.device?.description ?? 'none', b.device?.description ?? 'none'],
    [
      'NVIDIA driver',
      a.machine?.nvidia?.[0]?.driver_version ?? '–',
      b.machine?.nvidia?.[0]?.driver_version ?? '–',
    ],
    ['PyTorch', a.pytorch?.torch ?? '–', b.pytorch?.torch ?? '–'],
    ...['onnxruntime-web', 'webgpu'].map((one) => [one, a.versions?.[one] ?? '–', b.versions?.[one] ?? '–']),
    ...names
      .filter((name) => stateOf(ours.get(name)) !== stateOf(theirs.get(name)))
      .map((name) => [name, stateOf(ours.get(name)), stateOf(theirs.get(name))]),
  ].map((cells) => cells.map(oneLine));
  const [failedInA, failedInB] = [failuresOf(a), failuresOf(b)];
  return `${[
    '# Two checks side by side',
    table(['', 'A', 'B'], about),
    table(['part', 'figure', 'A', 'B', 'B / A'], rows),
    ...list(
      'Tests that fail in A alone:',
      failedInA.filter((name) => !failedInB.includes(name)),
    ),
    ...list(
      'Tests that fail in B alone:',
      failedInB.filter((name) => !failedInA.includes(name)),
    ),
  ].join('\n\n')}\n`;
}
