import type { PresetCost } from './preset.js';

/**
 * The costs of the presets, by name. Printed by `node tools/bench/dist/preset-costs.js`: replace it all, on a machine that does
 * nothing else.
 */
export const presetCosts: Readonly<Record<string, PresetCost>> = {
  stories: {
    machine: '2 cores of an AMD EPYC that others used too, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/preset-costs.js --only stories',
    stepsTimed: 1599,
    secondsPerStep: 0.0199,
    secondsToFinish: 58,
    estimated: false,
    peakBytes: 196000000,
    validationLoss: 0.6281,
  },
  'shakespeare-char-cpu': {
    machine: '2 cores of an AMD EPYC that others used too, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/preset-costs.js --only shakespeare-char-cpu --text tinyshakespeare.txt',
    stepsTimed: 1999,
    secondsPerStep: 0.0363,
    secondsToFinish: 135,
    estimated: false,
    peakBytes: 231000000,
    validationLoss: 1.9255,
  },
  'shakespeare-char': {
    machine: '2 cores of an AMD EPYC that others used too, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/preset-costs.js --only shakespeare-char --text tinyshakespeare.txt',
    stepsTimed: 2,
    secondsPerStep: 54.5,
    secondsToFinish: 273000,
    estimated: true,
    peakBytes: 4470000000,
    validationLoss: {
      notMeasured: 'the run was not taken to its end',
    },
  },
  'gpt2-124m': {
    notMeasured: 'it is for a large GPU: 491,520 tokens a step are about half an hour on two CPU cores',
  },
  'gpt2-finetune': {
    machine: '2 cores of an AMD EPYC that others used too, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/preset-costs.js --only gpt2-finetune',
    stepsTimed: 2,
    secondsPerStep: 130,
    secondsToFinish: 48800,
    estimated: true,
    peakBytes: 5630000000,
    validationLoss: {
      notMeasured: 'the weights were random, at the same shape',
    },
  },
  'smollm-lora': {
    machine: '2 cores of an AMD EPYC that others used too, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/preset-costs.js --only smollm-lora',
    stepsTimed: 2,
    secondsPerStep: 38.8,
    secondsToFinish: 14500,
    estimated: true,
    peakBytes: 1450000000,
    validationLoss: {
      notMeasured: 'the weights were random, at the same shape',
    },
  },
  'qwen-lora': {
    machine: '2 cores of an AMD EPYC that others used too, 25 GB, Node 20.20',
    date: '2026-11-29',
    command: 'node tools/bench/dist/preset-costs.js --only qwen-lora',
    stepsTimed: 2,
    secondsPerStep: 212,
    secondsToFinish: 79500,
    estimated: true,
    peakBytes: 3340000000,
    validationLoss: {
      notMeasured: 'the weights were random, at the same shape',
    },
  },
};
