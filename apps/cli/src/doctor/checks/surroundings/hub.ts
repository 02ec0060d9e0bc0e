import { ok, warning, type Check } from '../../facts/finding.js';

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** The hub, which is asked only with `--online`. */
export const hub: Check = ({ hub: facts, env }) => {
  if (!facts) return [];
  const { endpoint, status, reason } = facts;
  const proxy = PROXIES.find((name) => env[name]);
  const isIgnored = proxy !== undefined && !env['NODE_USE_ENV_PROXY'];
  const proxied = isIgnored
    ? [
        warning(
          'proxy',
          `${proxy} is set, and Node takes no notice of it`,
          'Set NODE_USE_ENV_PROXY=1, with Node 24 or later.',
        ),
      ]
    : [];
  if (status === undefined) {
    return [
      ...proxied,
      warning(
        'hub',
        `${endpoint} cannot be reached: ${reason ?? 'no response'}`,
        'Check the network and HF_ENDPOINT. What is in the cache works without: HF_HUB_OFFLINE=1; attune download fetches it elsewhere.',
      ),
    ];
  }
  // Whoever is not allowed in has reached it.
  if (status < 500 && status !== 407) return [...proxied, ok('hub', `${endpoint} responds`)];
  return [
    ...proxied,
    warning(
      'hub',
      `${endpoint} responds with status ${status}`,
      status === 407 ? 'The proxy wants a user and a password: see its owner.' : 'Try again later.',
    ),
  ];
};
