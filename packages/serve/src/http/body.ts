import { ApiError, invalid } from '../api/api-error.js';

/** Objects and lists within each other. No request needs as many, and who walks through them could run out of stack. */
const DEPTH = 64;

function tooLarge(limit: number): ApiError {
  return new ApiError(413, `The body has more than the ${limit} bytes that are allowed.`, {
    code: 'request_too_large',
  });
}

/**
 * The body of a request, as JSON.
 *
 * @throws ApiError 413 as soon as it has more than `limit` bytes; 415 if it is of another type; 400 if it is no JSON; the
 * reason of `signal`, which ends reading.
 */
export async function readJsonBody(request: Request, limit: number, signal: AbortSignal): Promise<unknown> {
  const { headers } = request;
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  // A page of a stranger's may send any other type without asking first.
  if (type.trim().toLowerCase() !== 'application/json') throw unsupportedType('Send it as application/json.');
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') throw unsupportedType('Send it without a content-encoding.');
  if (Number(headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const text = await readText(request, limit, signal);
  checkDepth(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('The body is not valid JSON.', undefined, 'invalid_json');
  }
}

function unsupportedType(what: string): ApiError {
  return new ApiError(415, `The type of the body is not supported. ${what}`, {
    code: 'unsupported_media_type',
  });
}

async function readText(request: Request, limit: number, signal: AbortSignal): Promise<string> {
  if (request.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  // A connection that is cut off need not end the body.
  const ended = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
  ended.catch(() => undefined);
  signal.throwIfAborted();
  let size = 0;
  let text = '';
  for (;;) {
    const { done, value } = await Promise.race([reader.read(), ended]);
    try {
      text += done ? decoder.decode() : decoder.decode(value, { stream: true });
    } catch {
      throw invalid('The body is not valid UTF-8.', undefined, 'invalid_json');
    }
    if (done) return text;
    size += value.byteLength;
    if (size <= limit) continue;
    // The rest is left unread.
    throw tooLarge(limit);
  }
}

/** @throws ApiError 400 for objects and lists nested too deeply. */
function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') inString = !inString;
    else if (inString) i += character === '\\' ? 1 : 0;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    if (depth > DEPTH) throw invalid('The body is nested too deeply.', undefined, 'invalid_json');
  }
}
