import { plural, shellWord } from '@attune/core';
import type { RequestRecord } from '@attune/serve';
import { onOneLine } from '../../printing/printable.js';

/** The facts that people are told when a server is ready. */
export interface Served {
  readonly url: string;
  readonly models: readonly string[];
  readonly backend: string;
  readonly rows: number;
  readonly queue: number;
  readonly contextLength: number;
  readonly needsKey: boolean;
  readonly canChat: boolean;
}

/** The address, the models, and a request to try. */
export function announcement(served: Served): string {
  const { url, models, backend, rows, queue, contextLength, needsKey, canChat } = served;
  const model = models.at(-1)!;
  const [path, body] = canChat
    ? ['chat/completions', { model, messages: [{ role: 'user', content: 'Hello' }] }]
    : ['completions', { model, prompt: 'Once there was', max_tokens: 40 }];
  return [
    `Serving at ${url}/v1, on ${backend}: ${plural(rows, 'request')} at once, ${queue} may wait, ${plural(contextLength, 'token')} of context.`,
    `Models: ${models.map(onOneLine).join(', ')}`,
    '',
    `  curl ${url}/v1/${path} \\`,
    ...(needsKey ? [`    -H "authorization: Bearer $ATTUNE_API_KEY" \\`] : []),
    "    -H 'content-type: application/json' \\",
    `    -d ${onOneLine(shellWord(JSON.stringify(body)))}`,
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}

/** The longest path that a log repeats. */
const PATH = 80;

/** A line for a request that was answered. */
export function logLine({ method, path, status, milliseconds, ...counts }: RequestRecord): string {
  const shown = onOneLine(path.length > PATH ? `${path.slice(0, PATH)}…` : path);
  const tokens = `${counts.promptTokens}+${counts.completionTokens} tokens`;
  return `${method} ${shown} ${status}  ${tokens}  ${Math.round(milliseconds)} ms`;
}
