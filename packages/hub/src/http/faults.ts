import { AttuneError, messageOf, systemCode } from '@attune/core';
import type { HubSettings } from '../settings.js';
import { Transient } from './transient.js';

/** Whom a request is for: what its errors speak of. */
export interface Subject {
  /** `organisation/model`. */
  readonly name: string;
  readonly revision: string;
  readonly settings: HubSettings;
}

/** An address without its query: that of a download holds a signature. */
export function plainAddress(url: URL | string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** The hub, or who stands between, does not keep to the rules. */
export function badAnswer({ name }: Pick<Subject, 'name'>, reason: string, cause?: unknown): AttuneError {
  return new AttuneError('HUB_BAD_ANSWER', `${name} cannot be fetched: ${reason}.`, {
    fix: 'Nothing of it is used. Check HF_ENDPOINT and what stands between here and there, such as a proxy.',
    cause,
  });
}

/** There is no way to the hub. */
export function unreachable({ settings }: Pick<Subject, 'settings'>, reason: string, cause?: unknown) {
  return new AttuneError('HUB_UNREACHABLE', `${settings.endpoint} cannot be reached: ${reason}.`, {
    fix: 'Check the network, or name a folder that holds the model. What was fetched once is found without network.',
    cause,
  });
}

/** What `fetch` threw. */
export function connectionFault(subject: Subject, error: unknown): Transient {
  const cause = (error as { cause?: unknown } | null)?.cause ?? error;
  const reason = systemCode(cause) ?? messageOf(cause);
  return new Transient(unreachable(subject, reason, cause), { unreachable: true });
}

function howToGiveToken({ settings }: Subject): string {
  return `a token from ${settings.endpoint}/settings/tokens: as HF_TOKEN, or by \`hf auth login\` in ${settings.tokenPath}`;
}

function accessFault(subject: Subject, status: number, code: string | null): AttuneError {
  const { name, settings } = subject;
  const page = `${settings.endpoint}/${name}`;
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
    fix: `Check the name at ${page}. For a private model, give ${howToGiveToken(subject)}.`,
  });
}

function missingFault(subject: Subject, code: string | null): AttuneError {
  const { name, revision, settings } = subject;
  const page = `${settings.endpoint}/${name}`;
  if (code === 'RevisionNotFound') {
    return new AttuneError('HUB_NOT_FOUND', `${name} has no revision ${JSON.stringify(revision)}.`, {
      fix: `Its branches, tags and commits are listed at ${page}/tree/main.`,
    });
  }
  if (code === 'EntryNotFound') {
    return new AttuneError('HUB_NOT_FOUND', `${name} lists a file that it does not have.`, {
      fix: 'Try again: the model may have been changed just now.',
    });
  }
  return new AttuneError('HUB_NOT_FOUND', `The hub has no model ${name}.`, {
    fix: `Check the name at ${settings.endpoint}/models, or name a folder that exists.`,
  });
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return seconds >= 0 ? seconds * 1000 : undefined;
}

/**
 * What an answer that is no success becomes. Its text is left out: it is the server's, and may hold anything, even what
 * was sent to it.
 */
export function statusFault(subject: Subject, response: Response): AttuneError | Transient {
  const { status } = response;
  const code = response.headers.get('x-error-code');
  if (status === 401 || status === 403) return accessFault(subject, status, code);
  if (status === 404) return missingFault(subject, code);
  if (status === 429 || status === 408 || status >= 500) {
    const reason = status === 429 ? 'it asks to wait (429)' : `it answered ${status}`;
    return new Transient(unreachable(subject, reason), { retryAfterMs: retryAfterMs(response) });
  }
  return badAnswer(subject, `the hub answered ${status}`);
}
