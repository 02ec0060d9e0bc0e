import { AttuneError } from '@attune/core';
import type { ErrorMessage } from './messages.js';

/** The message of an error without its fix, with which it ends. */
export function withoutFix({ message, fix }: AttuneError): string {
  return fix && message.endsWith(` ${fix}`) ? message.slice(0, -fix.length - 1) : message;
}

/** An error for the other thread. */
export function toMessage(error: AttuneError): ErrorMessage {
  return { code: error.code, message: withoutFix(error), fix: error.fix, data: error.data };
}

export function toError({ code, message, fix, data }: ErrorMessage): AttuneError {
  return new AttuneError(code, message, { ...(fix !== undefined && { fix }), ...(data && { data }) });
}
