import { setImmediate } from 'node:timers/promises';
import { withoutFix, type AttuneError } from '@attune/core';
import { badResponse, plainAddress, type Subject } from '../http/faults.js';
import { quote } from '../http/quote.js';
import { readAll, request, type Requester } from '../http/request.js';
import type { Transient } from '../http/transient.js';
import { retrying, type RetryPolicy } from '../http/transient.js';
import { checkUnchanged, SteadyFile, type HashedFile } from './steady-file.js';

/** Answers to a push are lists of at most a hundred files, with some hundred addresses for each large one. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

/** A file that goes into the commit itself: the hub's own limit for those. */
const MAX_REGULAR_BYTES = 10 * 2 ** 20;

/** The parts of a push, for {@link pushFetch}. */
export interface PushTraffic {
  readonly requester: Requester;
  readonly policy: RetryPolicy;
  /** The files that go up, by path. */
  readonly files: ReadonlyMap<string, HashedFile>;
  /** Told as bytes of a file are sent; `loaded` falls where a part is sent again. */
  readonly onSent: (path: string, bytes: number) => void;
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const listIn = (value: unknown, key: string): readonly Json[] => {
  const list = isObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** Refuses answers that the hub's client would take for something else. */
function checkAnswer(subject: Subject, path: string, asked: string, answer: string): void {
  const [question, reply] = [parse(asked), parse(answer)];
  const refuse = (reason: string) => {
    throw badResponse(subject, reason);
  };
  if (reply === undefined) refuse('the answer is no JSON');
  if (path.includes('/preupload/')) {
    const modes = new Map(listIn(reply, 'files').map(({ path: name, uploadMode }) => [name, uploadMode]));
    for (const { path: name, size } of listIn(question, 'files')) {
      const mode = modes.get(name);
      if (mode !== 'lfs' && mode !== 'regular')
        refuse(`the hub does not say how ${quote(String(name))} goes up`);
      // It would have to be held in memory.
      if (mode === 'regular' && (size as number) > MAX_REGULAR_BYTES) {
        refuse(`the hub wants ${quote(String(name))} in the commit itself, which is too large for that`);
      }
    }
  }
  if (path.endsWith('/info/lfs/objects/batch')) {
    const replies = listIn(reply, 'objects');
    const oids = new Set(replies.map(({ oid }) => oid));
    for (const { oid } of listIn(question, 'objects')) {
      if (!oids.has(oid)) refuse('the hub does not say where a large file goes');
    }
    for (const { error } of replies) {
      if (!isObject(error)) continue;
      const code = Number(error['code']);
      refuse(`the hub refuses a large file${Number.isInteger(code) ? ` (${code})` : ''}`);
    }
  }
}

/** Checks that the files of a commit are as they were hashed. */
async function checkCommit({ requester, files }: PushTraffic, body: string): Promise<void> {
  for (const line of body.split('\n')) {
    const { key, value } = parse(line) as { key: string; value: { path: string; oid?: string } };
    const file = key === 'lfsFile' || key === 'file' ? files.get(value.path) : undefined;
    if (key === 'lfsFile' && file?.sha256 !== value.oid) {
      throw badResponse(requester.subject, `${quote(value.path)} is not what was to go up`);
    }
    if (file) await checkUnchanged(file);
  }
}

function checkAddress(subject: Subject, address: URL): void {
  const own = new URL(subject.settings.endpoint).protocol;
  if (address.protocol !== 'https:' && address.protocol !== own) {
    throw badResponse(subject, `a file is to go to another protocol, ${quote(address.protocol)}`);
  }
  if (address.username || address.password) {
    throw badResponse(subject, `a file is to go to ${plainAddress(address)}, with a password in the address`);
  }
}

/**
 * A `fetch` for the hub's client while it pushes: our rules for tokens (to the hub alone), protocols, redirects, lengths and silence, and
 * for what is tried again. Whatever is not a success is thrown as an error of ours, so that the client never reads its text.
 *
 * The commit alone is not sent again after an answer was lost: it may have been made.
 */
export function pushFetch(traffic: PushTraffic): typeof fetch {
  const { requester, policy, onSent } = traffic;
  const { subject } = requester;
  const send: typeof fetch = async (input, { method = 'GET', body, headers, signal } = {}) => {
    const given = input instanceof Request ? input.url : String(input);
    if (!URL.canParse(given)) throw badResponse(subject, 'a file is to go to what is no address');
    const address = new URL(given);
    checkAddress(subject, address);
    const atHub = address.origin === new URL(subject.settings.endpoint).origin;
    const isCommit = atHub && /^.*\/api\/models\/[^/]+\/[^/]+\/commit\//.test(address.pathname);
    if (isCommit) await checkCommit(traffic, String(body));
    // The token is added where it belongs; those that the client has are of nobody.
    const kept = Object.fromEntries(
      [...new Headers(headers)].filter(([name]) => name.toLowerCase() !== 'authorization'),
    );
    const own: Requester = { ...requester, signal: signal ?? requester.signal };
    const attempt = async () => {
      let [alive, sent] = [() => {}, 0];
      const watched =
        body instanceof SteadyFile
          ? body.watched((bytes) => {
              alive();
              sent += bytes;
              onSent(body.file.path, bytes);
            })
          : body;
      try {
        const stream = await request(own, address, {
          method,
          ...(watched != null && { body: watched }),
          headers: kept,
          onSending: (touch) => (alive = touch),
        });
        const { status, headers: answered } = stream.response;
        const bytes = await readAll(stream, MAX_ANSWER_BYTES, subject);
        if (atHub && bytes.byteLength > 0) {
          checkAnswer(
            subject,
            address.pathname,
            typeof body === 'string' ? body : '',
            new TextDecoder().decode(bytes),
          );
        }
        const passed = ['content-type', 'etag'].flatMap((name) => {
          const value = answered.get(name);
          return value === null ? [] : [[name, value] as [string, string]];
        });
        return new Response(bytes.byteLength > 0 ? (bytes as Uint8Array<ArrayBuffer>) : null, {
          status,
          headers: passed,
        });
      } catch (error) {
        if (body instanceof SteadyFile && sent > 0) onSent(body.file.path, -sent);
        throw error;
      }
    };
    const onRetry = (fault: AttuneError, delayMs: number) =>
      requester.onEvent({
        kind: 'retry',
        ...(body instanceof SteadyFile && { file: body.file.path }),
        reason: withoutFix(fault),
        delayMs,
      });
    const isWorthIt = (failure: Transient) => !isCommit || failure.details.retryAfterMs !== undefined;
    return retrying(attempt, policy, { signal: own.signal, isWorthIt, onRetry });
  };
  // The client's queue of events loses an error that comes together with an event: it is told in a turn of its own.
  return async (input, init) => {
    try {
      return await send(input, init);
    } catch (error) {
      await setImmediate();
      throw error;
    }
  };
}
