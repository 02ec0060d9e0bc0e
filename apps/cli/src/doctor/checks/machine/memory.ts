import { formatBytes } from '@attune/runs';
import { fault, ok, warning, type Check } from '../../facts/finding.js';

/** A GPT of the smallest preset and its process take about this much. */
const LEAST = 128 * 2 ** 20;
/** Fine-tuning a model of a hundred million parameters with LoRA takes more. */
const LITTLE = 2 ** 30;

export const memory: Check = ({ memory: facts }) => {
  if (!facts) return [];
  const { totalBytes, availableBytes, limitBytes } = facts;
  const isLimited = limitBytes !== undefined && limitBytes < totalBytes;
  const available = isLimited ? Math.min(availableBytes, limitBytes) : availableBytes;
  const text = `${formatBytes(available)} of memory are free`;
  const state =
    available < LEAST
      ? [
          fault(
            'memory',
            `${text}: too little to train anything`,
            'Close other programs, or give the container more memory.',
          ),
        ]
      : available < LITTLE
        ? [
            warning(
              'memory',
              `${text}: enough for small models only`,
              'Close other programs, or lower --batch-size and --block-size; --gradient-checkpointing trades time for memory.',
            ),
          ]
        : [ok('memory', `${text}, of ${formatBytes(totalBytes)}`)];
  if (!isLimited) return state;
  return [
    ...state,
    warning(
      'memory-limit',
      `this process may use ${formatBytes(limitBytes)} of the machine's ${formatBytes(totalBytes)}: its container is limited`,
      'If that is too little, raise the limit: docker run --memory, resources.limits.memory in Kubernetes, MemoryMax in systemd.',
    ),
  ];
};
