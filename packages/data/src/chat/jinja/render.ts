import type { Rendering, TextSpan } from '../chat-template.js';
import { compileTemplate, hasGenerationMarks, MARK_MACRO, TemplateSyntaxError } from './compile.js';
import { Environment, type Statement } from './engine.js';
import { TemplateInterpreter } from './interpreter.js';
import { strftime } from './strftime.js';

/** What a template is rendered with. Plain values, so that it can be handed to a thread. */
export interface RenderJob {
  /** Which of the templates. */
  readonly template: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What `strftime_now` takes for now: milliseconds since 1970. */
  readonly now: number;
}

/** Why there is no text. */
export interface RenderFailure {
  readonly message: string;
  readonly line?: number;
  /** Whether the template itself refused what it was given, by `raise_exception`. */
  readonly refused: boolean;
}

/** What became of a job. Plain values too. */
export type RenderOutcome = Rendering | { readonly failure: RenderFailure };

/** The longest text taken from a template, in UTF-16 units. */
const LONGEST = 2 ** 24;
/** The longest list `range` makes. */
const LONGEST_RANGE = 2 ** 20;

/** Renders templates in this thread, one after the other. Templates are parsed when they are used first. */
export class TemplateSet {
  private readonly programs = new Map<string, Statement | RenderFailure>();

  constructor(private readonly sources: Readonly<Record<string, string>>) {}

  render({ template, variables, now }: RenderJob): RenderOutcome {
    const program = this.programOf(template);
    if (isFailure(program)) return { failure: program };
    const source = this.sources[template]!;
    const marks = hasGenerationMarks(source) ? unusedMarks(variables, source) : undefined;
    const interpreter = new TemplateInterpreter(globals(variables, now));
    try {
      if (marks) interpreter.run(markMacro(marks));
      interpreter.line = undefined;
      const text = String(interpreter.run(program).value);
      if (text.length > LONGEST) {
        throw new Error(`the text has ${text.length} characters: more than ${LONGEST}`);
      }
      return marks ? withoutMarks(text, marks) : { text, marks: [] };
    } catch (error) {
      return { failure: failureOf(error, interpreter.line) };
    }
  }

  private programOf(template: string): Statement | RenderFailure {
    let program = this.programs.get(template);
    if (!program) {
      try {
        program = compileTemplate(this.sources[template]!);
      } catch (error) {
        program = failureOf(error, error instanceof TemplateSyntaxError ? error.line : undefined);
      }
      this.programs.set(template, program);
    }
    return program;
  }
}

function isFailure(program: Statement | RenderFailure): program is RenderFailure {
  return 'refused' in program;
}

/** What `raise_exception` throws. */
class Refusal extends Error {}

function globals(variables: Readonly<Record<string, unknown>>, now: number) {
  const environment = new Environment();
  const known: Record<string, unknown> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    raise_exception: (message: unknown) => {
      throw new Refusal(String(message));
    },
    strftime_now: (format: unknown) => strftime(new Date(now), String(format)),
    ...variables,
  };
  for (const [name, value] of Object.entries(known)) {
    if (!environment.variables.has(name)) environment.set(name, value);
  }
  return environment;
}

/** Python's `range`. */
function range(...args: readonly unknown[]): number[] {
  if (args.length < 1 || args.length > 3 || !args.every((value) => Number.isSafeInteger(value))) {
    throw new Error('range() takes one to three integers');
  }
  const [first, second, step = 1] = args as number[];
  const [start, stop] = second === undefined ? [0, first!] : [first!, second];
  if (step === 0) throw new Error('range() cannot go in steps of 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > LONGEST_RANGE)
    throw new Error(`range() of ${length} numbers: more than a chat template needs`);
  return Array.from({ length }, (_, i) => start + i * step);
}

/** The macro that writes the marks around its caller's body. */
function markMacro([opening, closing]: readonly [string, string]): Statement {
  return compileTemplate(`{% macro ${MARK_MACRO}() %}${opening}{{ caller() }}${closing}{% endmacro %}`);
}

/** Two texts that occur nowhere: noncharacters of Unicode, numbered. */
function unusedMarks(variables: unknown, source: string): readonly [string, string] {
  const all = JSON.stringify(variables) + source;
  for (let n = 0; ; n++) {
    const marks = [`\ufdd0${n}\ufdd2`, `\ufdd1${n}\ufdd2`] as const;
    if (!marks.some((mark) => all.includes(mark))) return marks;
  }
}

function withoutMarks(marked: string, [opening, closing]: readonly [string, string]): Rendering {
  const marks: TextSpan[] = [];
  const open: number[] = [];
  let text = '';
  for (const [i, part] of marked.split(opening).entries()) {
    if (i > 0) open.push(text.length);
    for (const [j, piece] of part.split(closing).entries()) {
      // Blocks within blocks are part of the outer one.
      if (j > 0) {
        const start = open.pop();
        if (start !== undefined && open.length === 0) marks.push({ start, end: text.length });
      }
      text += piece;
    }
  }
  return { text, marks };
}

function failureOf(error: unknown, line: number | undefined): RenderFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { message, ...(line !== undefined && { line }), refused: error instanceof Refusal };
}
