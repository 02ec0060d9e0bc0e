import { ok, warning, type Check } from '../../facts/finding.js';

const count = (threads: number) => `${threads} thread${threads === 1 ? '' : 's'}`;

export const threads: Check = ({ processors, choice }) => {
  if (!processors) return [];
  const { available, quota } = processors;
  const wanted = choice.threads ?? available;
  if (quota !== undefined && wanted > Math.ceil(quota)) {
    return [
      warning(
        'threads',
        `${count(wanted)} would compute, but the container may use ${quota} processors' time: they would be stopped again and again`,
        `Add --threads ${Math.max(1, Math.floor(quota))}, or raise the limit: docker run --cpus, resources.limits.cpu in Kubernetes.`,
      ),
    ];
  }
  if (wanted > available) {
    return [
      warning(
        'threads',
        `--threads ${wanted} is more than the ${available} processors that this process may run on: no step is faster for it`,
        `Leave --threads out, or set it to ${available}.`,
      ),
    ];
  }
  return [ok('threads', `${count(wanted)} on ${available} processors`)];
};
