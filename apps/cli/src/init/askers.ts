import { createInterface } from 'node:readline/promises';
import { AttuneError } from '@attune/core';
import { isCancel, select, text } from '@clack/prompts';
import type { Context } from '../environment/context.js';
import type { Asker, Choice } from './questions.js';

const givenUp = () => new AttuneError('INTERRUPTED', 'Nothing was written.');

function answered(answer: string | symbol): string {
  if (isCancel(answer)) throw givenUp();
  return String(answer);
}

/** Questions on a terminal that can move its cursor. */
function menus({ stdin, stderr }: Context): Asker {
  const streams = {
    input: stdin as NodeJS.ReadStream,
    output: stderr.stream as NodeJS.WriteStream,
  };
  return {
    choose: async (message, choices) => {
      const options = choices.map(({ value, hint }) => ({ value, label: value, ...(hint && { hint }) }));
      return answered(await select({ message, options, ...streams }));
    },
    text: async (message, initialValue, fault) =>
      answered(await text({ message, initialValue, validate: (answer) => fault(answer ?? ''), ...streams })),
  };
}

const describe = ({ value, hint }: Choice, i: number) => `  ${i + 1}  ${value}${hint ? `: ${hint}` : ''}\n`;

/** Questions line by line, for a terminal that can do nothing but print. */
function lines({ stdin, stderr }: Pick<Context, 'stdin' | 'stderr'>): Asker & { close(): void } {
  const terminal = createInterface({ input: stdin, output: stderr.stream, terminal: false });
  const waiting = new AbortController();
  terminal.on('SIGINT', () => waiting.abort());
  terminal.on('close', () => waiting.abort());
  const ask = async (question: string): Promise<string> => {
    try {
      return (await terminal.question(question, { signal: waiting.signal })).trim();
    } catch {
      throw givenUp();
    }
  };
  return {
    async choose(question, choices) {
      stderr.write(`${question}\n${choices.map(describe).join('')}`);
      for (;;) {
        const answer = (await ask(`1 to ${choices.length}, or a name [1]: `)) || '1';
        const chosen = choices.find(({ value }, i) => answer === value || answer === String(i + 1));
        if (chosen) return chosen.value;
      }
    },
    async text(question, initial, fault) {
      for (;;) {
        const answer = (await ask(`${question}${initial && ` [${initial}]`}: `)) || initial;
        const wrong = fault(answer);
        if (wrong === undefined) return answer;
        stderr.write(`${wrong}\n`);
      }
    },
    close: () => terminal.close(),
  };
}

/** Somebody to ask, where there is a terminal on both sides. */
export function askerFor(context: Context): (Asker & { close?(): void }) | undefined {
  const { stdin, stderr, env } = context;
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return env['TERM'] === 'dumb' ? lines(context) : menus(context);
}
