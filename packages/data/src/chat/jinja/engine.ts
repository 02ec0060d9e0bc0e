/**
 * The parts of `@huggingface/jinja` that are used, with types: its own declarations cannot be resolved in strict ESM.
 */
import * as jinja from '@huggingface/jinja';

/** A piece of a template: text, a bracket, a name. */
export interface Token {
  readonly type: string;
  readonly value: string;
}

/** A node of the syntax tree. */
export interface Statement {
  readonly type: string;
}

/** A value of the template language. */
export interface Value {
  readonly type: string;
  readonly value: unknown;
}

/** Variables by name. */
export interface Environment {
  readonly variables: ReadonlyMap<string, Value>;
  /** Declares a variable; functions get and return plain values. */
  set(name: string, value: unknown): Value;
}

/** Evaluates syntax trees: every node goes through `evaluate`. */
export interface Interpreter {
  run(program: Statement): Value;
  evaluate(statement: Statement | undefined, environment: Environment): Value;
}

interface Engine {
  readonly tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => Token[];
  readonly parse: (tokens: readonly Token[]) => Statement;
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => Interpreter;
}

export const { tokenize, parse, Environment, Interpreter } = jinja as unknown as Engine;
