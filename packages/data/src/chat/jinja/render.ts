import type { Rendering } from './evaluate/rendering.js';
import { MAX_TEMPLATE_LENGTH } from './template-size.js';
import { Budget, Reserve, type BudgetLimits } from './values/budget.js';
import { checkNames } from './check-names.js';
import { globalFunctions } from './built-ins/globals.js';
import { Interpreter } from './evaluate/interpreter.js';
import { jsonLoads } from './text/json.js';
import { TemplateSyntaxError } from './syntax/lexer.js';
import type { Body } from './syntax/nodes.js';
import { parseTemplate } from './syntax/parser.js';
import { Scope } from './evaluate/scope.js';
import { Dict, Refusal, TemplateError, type Value } from './values/values.js';

/** A template, and the messages and options to render it with. Plain values, so that it can be posted to a thread. */
export interface RenderJob {
  /** Which of the templates. */
  readonly template: string;
  /** A JSON object: the variables, with each number as it was written. */
  readonly variables: string;
  /** The time of `strftime_now`, in milliseconds since 1970. */
  readonly now: number;
}

/** Why there is no text. */
export interface RenderFailure {
  readonly message: string;
  readonly line?: number;
  /** True if the template itself refused what it was given, by `raise_exception`. */
  readonly refused: boolean;
}

/** The outcome of a job. Plain values, too. */
export type RenderOutcome = Rendering | { readonly failure: RenderFailure };

/** Renders templates in this thread, one after the other. Templates are parsed when they are used first. */
export class TemplateSet {
  private readonly programs = new Map<string, Body | RenderFailure>();
  private readonly reserve = new Reserve();

  /** @param limits what a rendering may use up; without them, what templates of models need many times over. */
  constructor(
    private readonly sources: Readonly<Record<string, string>>,
    private readonly limits?: BudgetLimits,
  ) {}

  render({ template, variables, now }: RenderJob): RenderOutcome {
    const program = this.programOf(template);
    if (isFailure(program)) return { failure: program };
    const size = [variables.length, this.sources[template]!.length] as const;
    const budget = new Budget(this.limits ?? this.reserve.limitsFor(...size));
    const interpreter = new Interpreter(budget);
    try {
      return interpreter.render(program, globals(jsonLoads(variables), budget, now));
    } catch (error) {
      return { failure: failureOf(error, interpreter.line) };
    } finally {
      this.reserve.settle(budget.used, ...size);
    }
  }

  private programOf(template: string): Body | RenderFailure {
    let program = this.programs.get(template);
    if (!program) {
      try {
        const source = this.sources[template]!;
        if (source.length > MAX_TEMPLATE_LENGTH) {
          throw new TemplateError(`it has more than ${MAX_TEMPLATE_LENGTH} characters`);
        }
        program = parseTemplate(source);
        checkNames(program);
      } catch (error) {
        program = failureOf(error, error instanceof TemplateSyntaxError ? error.line : undefined);
      }
      this.programs.set(template, program);
    }
    return program;
  }
}

/** True if the template marks what the assistant says. */
export function hasGenerationMarks(source: string): boolean {
  return /\{%[-+]?\s*generation\s*[-+]?%\}/.test(source);
}

function isFailure(program: Body | RenderFailure): program is RenderFailure {
  return 'refused' in program;
}

function globals(variables: Value, budget: Budget, now: number): Scope {
  const scope = new Scope();
  for (const [name, value] of globalFunctions(budget, now)) scope.set(name, value);
  if (variables instanceof Dict) {
    for (const [name, value] of variables.entries()) scope.set(name as string, value);
  }
  return scope;
}

function failureOf(error: unknown, line: number | undefined): RenderFailure {
  // Of an engine that ran out of stack, the message says so.
  const message = error instanceof Error ? error.message : String(error);
  return { message, ...(line !== undefined && { line }), refused: error instanceof Refusal };
}
