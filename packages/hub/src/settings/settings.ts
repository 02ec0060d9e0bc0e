import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { defaultLimits, type HubLimits } from './limits.js';

/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where models come from, and where they are kept. */
export interface HubSettings {
  /** Protocol and host, and perhaps a path; without a slash at its end. */
  readonly endpoint: string;
  /** The folder that holds a folder for each model. */
  readonly cacheDir: string;
  /** Proves who asks. */
  readonly token: string | undefined;
  /** True if there is a token that is not sent, since the way to the hub is not encrypted. */
  readonly tokenWithheld: boolean;
  /** Where a token is read from that no variable holds: for messages. */
  readonly tokenPath: string;
  /** True to send no request to the hub. */
  readonly offline: boolean;
  /** True if a snapshot's files are links to those under `blobs`. */
  readonly symlinks: boolean;
  /** Milliseconds of silence after which a connection is given up. */
  readonly timeoutMs: number;
  readonly limits: HubLimits;
}

/** Settings that take precedence over the environment. */
export interface SettingsOverrides {
  readonly endpoint?: string;
  readonly cacheDir?: string;
  readonly token?: string | false;
  readonly offline?: boolean;
  readonly timeoutMs?: number;
  readonly limits?: Partial<HubLimits>;
}

const DEFAULT_ENDPOINT = 'https://huggingface.co';
const DEFAULT_TIMEOUT_SECONDS = 30;

const isTrue = (value: string | undefined) => /^(1|on|yes|true)$/i.test(value ?? '');

function expandHome(path: string, home: string): string {
  return path === '~' || /^~[/\\]/.test(path) ? join(home, path.slice(1)) : path;
}

function checkEndpoint(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    // The text is not repeated: it may hold a password.
    throw new AttuneError('INVALID_CONFIG', 'HF_ENDPOINT is not the address of a hub.', {
      fix: `Remove it, or use one such as ${DEFAULT_ENDPOINT}, without a user or a query.`,
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** True if nobody else can read what is sent there: it is encrypted, or does not leave this machine. */
function isPrivate(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || /^(localhost|(.+\.)?localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** A token is sent in a header: what cannot stand there is refused here, since the error there would show it. */
function checkToken(given: string, source: string): string | undefined {
  const token = given.trim();
  if (token === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new AttuneError('INVALID_CONFIG', `The token in ${source} has characters that no token has.`, {
      fix: 'Copy it again, without anything around it.',
    });
  }
  return token;
}

async function readToken(env: Environment, tokenPath: string): Promise<string | undefined> {
  if (isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = checkToken(env[name] ?? '', name);
    if (token !== undefined) return token;
  }
  return checkToken(await readFile(tokenPath, 'utf8').catch(() => ''), tokenPath);
}

/**
 * Reads the variables that Hugging Face's own libraries read: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN,
 * HF_TOKEN_PATH, HF_HUB_OFFLINE, HF_HUB_DISABLE_SYMLINKS, HF_HUB_DISABLE_IMPLICIT_TOKEN, HF_HUB_DOWNLOAD_TIMEOUT, and
 * the older names of some of them.
 *
 * @throws AttuneError INVALID_CONFIG.
 */
export async function readSettings(
  env: Environment,
  overrides: SettingsOverrides = {},
): Promise<HubSettings> {
  const home = env['HOME'] || homedir();
  const path = (name: string) => {
    const value = env[name];
    return value ? expandHome(value, home) : undefined;
  };
  const cacheRoot = path('XDG_CACHE_HOME') ?? join(home, '.cache');
  const hfHome = path('HF_HOME') ?? join(cacheRoot, 'huggingface');
  const tokenPath = path('HF_TOKEN_PATH') ?? join(hfHome, 'token');
  const seconds = Number(env['HF_HUB_DOWNLOAD_TIMEOUT']);
  const endpoint = checkEndpoint(overrides.endpoint ?? (env['HF_ENDPOINT'] || DEFAULT_ENDPOINT));
  const given =
    overrides.token === undefined
      ? await readToken(env, tokenPath)
      : checkToken(overrides.token || '', 'the option "token"');
  const tokenWithheld = given !== undefined && !isPrivate(endpoint);
  const timeoutMs = overrides.timeoutMs ?? (seconds > 0 ? seconds : DEFAULT_TIMEOUT_SECONDS) * 1000;
  return {
    endpoint,
    cacheDir:
      overrides.cacheDir ?? path('HF_HUB_CACHE') ?? path('HUGGINGFACE_HUB_CACHE') ?? join(hfHome, 'hub'),
    token: tokenWithheld ? undefined : given,
    tokenWithheld,
    tokenPath,
    offline: overrides.offline ?? (isTrue(env['HF_HUB_OFFLINE']) || isTrue(env['TRANSFORMERS_OFFLINE'])),
    symlinks: !isTrue(env['HF_HUB_DISABLE_SYMLINKS']),
    timeoutMs,
    limits: { ...defaultLimits(timeoutMs), ...overrides.limits },
  };
}
