import { AttuneError, messageOf, systemCode } from '@attune/core';
import type { HubSettings } from '../settings/settings.js';
import { quote } from './quote.js';
import { describeWait, retryAfterMs } from './retry-after.js';
import { Transient } from './transient.js';

/** Whom a request is for: what its errors speak of. */
export interface Subject {
  /** `organisation/model`. */
  readonly name: string;
  readonly revision: string;
  readonly settings: HubSettings;
  /** The file that is asked for, if it is one. */
  readonly file?: string;
  /** Done with it. Default: it is fetched. */
  readonly purpose?: 'fetch' | 'push';
}

/** Whom a fault without a revision is about. */
export type Named = Pick<Subject, 'name' | 'purpose'>;

/** `cannot be fetched`, or whatever was to be done. */
function failed({ name, purpose }: Named): string {
  return `${name} cannot be ${purpose === 'push' ? 'pushed' : 'fetched'}`;
}

/** The remains of a task that broke off. */
function kept({ purpose }: Pick<Subject, 'purpose'>): string {
  return purpose === 'push'
    ? 'Files that have arrived are not sent again.'
    : 'What has been downloaded is kept.';
}

/** The most characters that a message shows of a server's address. */
const MAX_PATH = 200;

/** An address without its query: that of a download holds a signature. */
export function plainAddress(url: URL | string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.length > MAX_PATH ? `${pathname.slice(0, MAX_PATH)}…` : pathname}`;
}

/** The hub, or who stands between, does not keep to the rules. */
export function badResponse(subject: Named, reason: string, cause?: unknown): AttuneError {
  return new AttuneError('HUB_BAD_RESPONSE', `${failed(subject)}: ${reason}.`, {
    fix: 'The response was discarded. Check HF_ENDPOINT, and any proxy on the way.',
    cause,
  });
}

/** The error of a web page, or anything else, in place of a hub's response. */
export function notAHubResponse(
  subject: Named & Pick<Subject, 'settings'>,
  what: string,
  isPage: boolean,
): AttuneError {
  const came = isPage ? 'a web page' : 'something else';
  return new AttuneError('HUB_BAD_RESPONSE', `${failed(subject)}: ${came} came in place of ${what}.`, {
    fix: isPage
      ? `This may be the log-in page of a network or of a proxy: open ${subject.settings.endpoint} in a browser, log in, and run it again.`
      : 'The response was discarded. Check HF_ENDPOINT, and any proxy on the way.',
  });
}

/** True if a response is a web page. */
export function isWebPage(response: Response): boolean {
  return /^\s*(text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? '');
}

/** There is no way to the hub. */
export function unreachable(
  { settings, purpose }: Pick<Subject, 'settings' | 'purpose'>,
  reason: string,
  cause?: unknown,
) {
  return new AttuneError('HUB_UNREACHABLE', `${settings.endpoint} cannot be reached: ${reason}.`, {
    fix:
      purpose === 'push'
        ? `Check the network, and run it again. ${kept({ purpose })}`
        : 'Check the network, or name a folder that holds the model. A model that was downloaded before needs no network.',
    cause,
  });
}

/** The error that `fetch` threw, as one that may be retried. */
export function connectionFault(subject: Subject, error: unknown): Transient {
  const cause = (error as { cause?: unknown } | null)?.cause ?? error;
  const reason = systemCode(cause) ?? messageOf(cause);
  return new Transient(unreachable(subject, reason, cause), { unreachable: true });
}

function howToGiveToken({ settings }: Subject): string {
  if (settings.tokenWithheld) {
    return `an HF_ENDPOINT that begins with https: the token was not sent, since everybody on the way could read it`;
  }
  return `a token from ${settings.endpoint}/settings/tokens: as HF_TOKEN, or by \`hf auth login\` in ${settings.tokenPath}`;
}

/** The error of a user who may not write there. */
function writeFault(subject: Subject, status: number): AttuneError {
  const { name, settings } = subject;
  return new AttuneError(
    'HUB_ACCESS_DENIED',
    `The hub does not let the token that was given write ${name} (it answered ${status}).`,
    {
      fix: `See at ${settings.endpoint}/settings/tokens that it is still valid, may write, and is of an account that owns ${name.split('/')[0]} or belongs to it.`,
    },
  );
}

function accessFault(subject: Subject, status: number, code: string | null): AttuneError {
  const { name, settings } = subject;
  const page = `${settings.endpoint}/${name}`;
  if (subject.purpose === 'push') return writeFault(subject, status);
  if (code === 'GatedRepo') {
    const fix = settings.token
      ? `Accept its terms at ${page} with the account your token is of, and see that the token may read gated models.`
      : `Accept its terms at ${page}, then give ${howToGiveToken(subject)}.`;
    return new AttuneError('HUB_ACCESS_DENIED', `${name} is gated: its terms have to be accepted first.`, {
      fix,
    });
  }
  if (settings.token) {
    return new AttuneError(
      'HUB_ACCESS_DENIED',
      `The hub does not let the token that was given read ${name} (it answered ${status}).`,
      { fix: `See whether it is still valid and may read ${page}, or give ${howToGiveToken(subject)}.` },
    );
  }
  // Without a token, the hub does not say whether a model is private or does not exist.
  return new AttuneError('HUB_NOT_FOUND', `The hub has no model ${name}, or it is private.`, {
    fix: `Check the name at ${page}. For a private model, give ${howToGiveToken(subject)}. If a folder was meant, there is none of this name.`,
  });
}

/** The error where a hub has no such model, revision or file. */
export function missingFault(subject: Subject, code: string | null): AttuneError {
  const { name, revision, settings, file } = subject;
  const page = `${settings.endpoint}/${name}`;
  const notFound = (message: string, fix: string) =>
    new AttuneError('HUB_NOT_FOUND', message, { fix, data: { hubCode: code } });
  if (code === 'RevisionNotFound') {
    return notFound(
      `${name} has no revision ${JSON.stringify(revision)}.`,
      `Its branches, tags and commits are listed at ${page}/tree/main.`,
    );
  }
  if (file !== undefined && code !== 'RepoNotFound') {
    return notFound(
      `${name} lists a file that it does not have: ${quote(file)} is not there (404).`,
      'The model itself is there. Try again, as it may have been changed just now, or name another revision.',
    );
  }
  return notFound(
    `The hub has no model ${name}.`,
    `Check the name at ${settings.endpoint}/models, or name a folder that exists.`,
  );
}

/** The error of a wait that is asked for, and longer than anybody wants to sit there. */
function busyTooLong(subject: Subject, status: number, waitMs: number): AttuneError {
  const { settings } = subject;
  const [asked, limit] = [describeWait(waitMs), describeWait(settings.limits.maxRetryAfterMs)];
  return new AttuneError(
    'HUB_UNREACHABLE',
    `${settings.endpoint} asks to wait ${asked} before the next request (${status}), and the limit is ${limit}.`,
    {
      fix: `Run it again after that time${settings.token ? '' : '; with a token (HF_TOKEN), more requests are allowed'}. ${kept(subject)}`,
      data: { retryAfterMs: waitMs },
    },
  );
}

function busy(subject: Subject, response: Response): AttuneError | Transient {
  const { status, headers } = response;
  const waitMs = retryAfterMs(headers.get('retry-after'));
  if (waitMs === undefined || waitMs === 0) {
    const reason = status === 429 ? 'it received too many requests (429)' : `it answered ${status}`;
    return new Transient(unreachable(subject, reason), { retryAfterMs: waitMs });
  }
  if (waitMs > subject.settings.limits.maxRetryAfterMs) return busyTooLong(subject, status, waitMs);
  const fault = new AttuneError(
    'HUB_UNREACHABLE',
    `${subject.settings.endpoint} asks to wait ${describeWait(waitMs)} (${status}).`,
    { fix: `Run it again later. ${kept(subject)}` },
  );
  return new Transient(fault, { retryAfterMs: waitMs });
}

/**
 * The error of a response that is no success. Its text is left out: it is the server's, and may hold anything, even
 * what was sent to it.
 *
 * @param from the address that answered: a storage that the hub redirects to knows neither models nor tokens.
 */
export function statusFault(subject: Subject, response: Response, from: URL): AttuneError | Transient {
  const { status } = response;
  const code = response.headers.get('x-error-code');
  if (status === 511) return notAHubResponse(subject, 'what was requested (511)', true);
  if (status === 429 || status === 408 || status >= 500) return busy(subject, response);
  const isHub = from.origin === new URL(subject.settings.endpoint).origin;
  if (!isHub && (status === 401 || status === 403)) {
    // The signature in the address is good for a while only: asked again, the hub gives a new one.
    return new Transient(unreachable(subject, `${plainAddress(from)} answered ${status}`));
  }
  if (status === 401 || status === 403) return accessFault(subject, status, code);
  if (status === 404) return missingFault(subject, code);
  if (subject.purpose === 'push' && (status === 409 || status === 412)) return overtaken(subject, status);
  return badResponse(subject, `the hub answered ${status}`);
}

/** The error of a push that somebody else's came before. */
function overtaken({ name }: Subject, status: number): AttuneError {
  return new AttuneError('HUB_BAD_RESPONSE', `${name} was changed while this was pushed (${status}).`, {
    fix: 'Run it again: it is compared anew, and files that have arrived are not sent again.',
  });
}
