import { AttuneError, withoutFix } from '@attune/core';
import type { ErrorMessage } from './messages.js';

/** An error for the other thread. */
export function toMessage(error: AttuneError): ErrorMessage {
  return { code: error.code, message: withoutFix(error), fix: error.fix, data: error.data };
}

export function toError({ code, message, fix, data }: ErrorMessage): AttuneError {
  return new AttuneError(code, message, { ...(fix !== undefined && { fix }), ...(data && { data }) });
}
