import { didYouMean } from '@attune/core';
import { fault, ok, warning, type Check } from '../../facts/finding.js';

/** The backend that would be taken, by `auto` or by name. */
export const canTrain: Check = ({ backends, choice }) => {
  if (!backends) return [];
  if (choice.backend !== 'auto') {
    const named = backends.find(({ name }) => name === choice.backend);
    if (!named) {
      const names = backends.map(({ name }) => name);
      return [
        warning(
          'backend',
          `--backend ${choice.backend} is none of attune's own, and is not looked at`,
          didYouMean(choice.backend, names),
        ),
      ];
    }
    if (named.availability.available) return [];
    const { reason, fix } = named.availability;
    return [
      fault(
        'backend',
        `--backend ${choice.backend} cannot run: ${reason}`,
        fix ?? 'Use another: --backend auto.',
      ),
    ];
  }
  const taken = backends.find(({ skipped, availability }) => availability.available && skipped === undefined);
  if (!taken) {
    return [
      fault(
        'backend',
        'no backend can run here',
        'See why at each of them. wasm needs the least: a current Node without flags.',
      ),
    ];
  }
  if (taken.name === 'reference') {
    return [
      fault(
        'backend',
        'only the reference backend can run here, which is for tests: a step takes minutes',
        'Get wasm or cpu to run: see why they do not at each of them.',
      ),
    ];
  }
  return [ok('backend', `--backend auto picks ${taken.name}`)];
};
