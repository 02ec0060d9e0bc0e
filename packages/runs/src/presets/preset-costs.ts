import type { PresetCost } from './preset.js';

/**
 * The costs of the presets, by name. Printed by `node tools/bench/dist/plan/preset-costs.js`: replace it all, on a machine that does
 * nothing else.
 */
export const presetCosts: Readonly<Record<string, PresetCost>> = {
  stories: {
    machine: '2 cores of an AMD EPYC, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/plan/preset-costs.js --only stories',
    stepsTimed: 1599,
    secondsPerStep: 0.0127,
    secondsToFinish: 31,
    estimated: false,
    peakBytes: 239000000,
    validationLoss: 0.6281,
  },
  'shakespeare-char-cpu': {
    machine: '2 cores of an AMD EPYC, 25 GB, Node 20.20',
    date: '2026-11-29',
    command:
      'node tools/bench/dist/plan/preset-costs.js --only shakespeare-char-cpu --text tinyshakespeare.txt',
    stepsTimed: 1999,
    secondsPerStep: 0.0202,
    secondsToFinish: 56,
    estimated: false,
    peakBytes: 244000000,
    validationLoss: 1.9255,
  },
  'shakespeare-char': {
    machine: '2 cores of an AMD EPYC, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/plan/preset-costs.js --only shakespeare-char --text tinyshakespeare.txt',
    stepsTimed: 2,
    secondsPerStep: 4.67,
    secondsToFinish: 23400,
    estimated: true,
    peakBytes: 4490000000,
    validationLoss: {
      notMeasured: 'the run was not taken to its end',
    },
  },
  'gpt2-124m': {
    notMeasured: 'it is for a large GPU: 491,520 tokens a step are about half an hour on two CPU cores',
  },
  'gpt2-finetune': {
    machine: '2 cores of an AMD EPYC, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/plan/preset-costs.js --only gpt2-finetune',
    stepsTimed: 2,
    secondsPerStep: 7.98,
    secondsToFinish: 2990,
    estimated: true,
    peakBytes: 5150000000,
    validationLoss: {
      notMeasured: 'the weights were random, at the same shape',
    },
  },
  'smollm-lora': {
    machine: '2 cores of an AMD EPYC, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/plan/preset-costs.js --only smollm-lora',
    stepsTimed: 2,
    secondsPerStep: 10.4,
    secondsToFinish: 3900,
    estimated: true,
    peakBytes: 1180000000,
    validationLoss: {
      notMeasured: 'the weights were random, at the same shape',
    },
  },
  'qwen-lora': {
    machine: '2 cores of an AMD EPYC, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/plan/preset-costs.js --only qwen-lora',
    stepsTimed: 2,
    secondsPerStep: 39.2,
    secondsToFinish: 14700,
    estimated: true,
    peakBytes: 2360000000,
    validationLoss: {
      notMeasured: 'the weights were random, at the same shape',
    },
  },
};
