import { plural } from '@attune/core';
import { ok, warning, type Check } from '../../facts/finding.js';

export const threads: Check = ({ processors, choice }) => {
  if (!processors) return [];
  const { available, quota } = processors;
  const wanted = choice.threads ?? available;
  if (quota !== undefined && wanted > Math.ceil(quota)) {
    return [
      warning(
        'threads',
        `${plural(wanted, 'thread')} would compute, but the container may use ${quota} processors' time: they would be stopped again and again`,
        `Add --threads ${Math.max(1, Math.floor(quota))}, or raise the limit: docker run --cpus, resources.limits.cpu in Kubernetes.`,
      ),
    ];
  }
  if (wanted > available) {
    return [
      warning(
        'threads',
        `--threads ${wanted} is more than the ${plural(available, 'processor')} that this process may run on: no step is faster for it`,
        `Leave --threads out, or set it to ${available}.`,
      ),
    ];
  }
  return [ok('threads', `${plural(wanted, 'thread')} on ${plural(available, 'processor')}`)];
};
