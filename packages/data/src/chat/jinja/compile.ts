import { parse, tokenize, type Statement, type Token } from './engine.js';
import { openingLines } from './opening-lines.js';

/** Begins a comment that was put in to tell the line of what follows. No comment of a template begins so. */
const LINE_MARK = '\u0000line ';

/** Name of the macro that stands for transformers' `{% generation %}` block. */
export const MARK_MACRO = '__generation__';

const GENERATION = /\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}/g;

/** A template that is not valid Jinja. */
export class TemplateSyntaxError extends Error {
  constructor(
    message: string,
    readonly line?: number,
  ) {
    super(message);
  }
}

/** Whether the template marks what the assistant says. */
export function hasGenerationMarks(source: string): boolean {
  return /\{%[-+]?\s*generation\s*[-+]?%\}/.test(source);
}

/**
 * Parses a template as transformers does: blocks take the white space before them on their line and the line end after
 * them. `{% generation %}`, which the engine would leave out, becomes a call of {@link MARK_MACRO} around its body, which
 * is what it is in transformers too.
 *
 * @throws TemplateSyntaxError
 */
export function compileTemplate(source: string): Statement {
  const withCalls = source.replace(
    GENERATION,
    (_tag, before: string, end: string | undefined, after: string) =>
      end ? `{%${before} endcall ${after}%}` : `{%${before} call ${MARK_MACRO}() ${after}%}`,
  );
  const tokens = withLines(tokensOf(withCalls), openingLines(source));
  let furthest = 0;
  const watched = new Proxy(tokens, {
    get(target, key) {
      if (typeof key === 'string' && Number(key) > furthest) furthest = Number(key);
      return Reflect.get(target, key) as unknown;
    },
  });
  try {
    return parse(watched);
  } catch (error) {
    const line = tokens
      .slice(0, furthest + 1)
      .reduce<number | undefined>((last, token) => lineOf(token) ?? last, undefined);
    const message = furthest >= tokens.length ? 'it ends within a block' : messageOf(error);
    throw new TemplateSyntaxError(message, line);
  }
}

/** The line a comment was put in for. */
export function lineOf(comment: Statement): number | undefined {
  const { type, value } = comment as Statement & { readonly value?: unknown };
  return type === 'Comment' && typeof value === 'string' && value.startsWith(LINE_MARK)
    ? Number(value.slice(LINE_MARK.length))
    : undefined;
}

function tokensOf(source: string): Token[] {
  const attempt = (text: string): Token[] => tokenize(text, { lstrip_blocks: true, trim_blocks: true });
  try {
    return attempt(source);
  } catch (error) {
    const message = messageOf(error);
    const lines = source.split('\n');
    // The line at which the same begins to be wrong.
    for (let count = 1; count < Math.min(lines.length, MOST_LINES_TRIED); count++) {
      try {
        attempt(lines.slice(0, count).join('\n'));
      } catch (earlier) {
        if (messageOf(earlier) === message) throw new TemplateSyntaxError(message, count);
      }
    }
    throw new TemplateSyntaxError(message, lines.length);
  }
}

const MOST_LINES_TRIED = 2000;

/** A comment, before each tag, that tells its line. A comment may stand wherever a tag may. */
function withLines(tokens: readonly Token[], lines: readonly number[]): Token[] {
  const opens = ({ type }: Token) => type === 'OpenStatement' || type === 'OpenExpression';
  if (tokens.filter(opens).length !== lines.length) return [...tokens];
  let next = 0;
  return tokens.flatMap((token): Token[] =>
    opens(token) ? [{ type: 'Comment', value: LINE_MARK + String(lines[next++]) }, token] : [token],
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
