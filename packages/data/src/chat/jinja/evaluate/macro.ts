import type { Evaluator } from './evaluator.js';
import type { Body, Parameter } from '../syntax/nodes.js';
import { Scope } from './scope.js';
import { Callable, Dict, TemplateError, Tuple, Undefined, type Args, type Value } from '../values/values.js';

/** The parts of a macro, or of the body of a `call` block. */
export interface MacroNode {
  readonly parameters: readonly Parameter[];
  readonly body: Body;
}

/** A macro as a function, which sees the variables of where it is written. */
export function macro(
  name: string,
  { parameters, body }: MacroNode,
  scope: Scope,
  evaluator: Evaluator,
  captured: (body: Body, scope: Scope) => string,
): Callable {
  const names = parameters.map((parameter) => parameter.name);
  const mentioned = implicitNames(body);
  const uses = (variable: string) => !names.includes(variable) && mentioned.has(variable);
  const [usesCaller, usesVarargs, usesKwargs] = IMPLICIT.map(uses);

  const call = ({ positional, named }: Args): Value => {
    evaluator.budget.list(2 * parameters.length + 2 * named.size + positional.length);
    const rest = new Map(named);
    const inner = new Scope(scope);
    parameters.forEach((parameter, i) => {
      let value = positional[i];
      if (i >= positional.length) {
        value = rest.get(parameter.name);
        rest.delete(parameter.name);
      }
      if (value === undefined) {
        value = parameter.default
          ? evaluator.evaluate(parameter.default, inner)
          : new Undefined(`parameter '${parameter.name}' was not provided`);
      }
      inner.set(parameter.name, value);
    });
    if (usesCaller) {
      const caller = rest.get('caller');
      rest.delete('caller');
      inner.set('caller', caller ?? new Undefined('No caller defined'));
    }
    if (usesKwargs) inner.set('kwargs', new Dict(rest));
    else {
      const [unknown] = rest.keys();
      if (unknown !== undefined)
        throw new TemplateError(`macro '${name}' takes no keyword argument '${unknown}'`);
    }
    if (usesVarargs) inner.set('varargs', new Tuple(positional.slice(names.length)));
    else if (positional.length > names.length) {
      throw new TemplateError(`macro '${name}' takes not more than ${names.length} argument(s)`);
    }
    return evaluator.budget.nested(() => captured(body, inner));
  };
  return new Callable(name, call, 'macro');
}

/** Variables that a macro has if its body mentions them. */
const IMPLICIT: readonly string[] = ['caller', 'varargs', 'kwargs'];

const implicitNamesOf = new WeakMap<Body, ReadonlySet<string>>();

/** The implicit variables that a body mentions: found once, as a macro may be defined again and again. */
function implicitNames(body: Body): ReadonlySet<string> {
  let names = implicitNamesOf.get(body);
  if (!names) {
    const found = new Set<string>();
    collectNames(body, found);
    implicitNamesOf.set(body, (names = found));
  }
  return names;
}

function collectNames(node: unknown, found: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, name } = node as { readonly type?: unknown; readonly name?: unknown };
  if (type === 'name' && IMPLICIT.includes(name as string)) found.add(name as string);
  for (const part of Object.values(node)) collectNames(part, found);
}
