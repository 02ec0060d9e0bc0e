import { getAttribute, getItem } from '../built-ins/attributes.js';
import type { Budget } from '../values/budget.js';
import type { FilterContext } from '../built-ins/filter.js';
import { filters, unsupportedFilters } from '../built-ins/filters.js';
import type { ArgumentNodes, Expression, UnaryOperator } from '../syntax/nodes.js';
import { arithmetic, compare, concat, integerOf, isTrue } from '../built-ins/operators.js';
import type { Scope } from './scope.js';
import { iterate, sliceOf } from '../values/sequences.js';
import { tests } from '../built-ins/tests.js';
import {
  Attributes,
  Callable,
  Dict,
  isInt,
  isNumber,
  TemplateError,
  textOf,
  Tuple,
  typeName,
  Undefined,
  undefinedError,
  UnsupportedError,
  type Args,
  type Value,
} from '../values/values.js';

/** Evaluates expressions. */
export class Evaluator implements FilterContext {
  /** The line of what is or was evaluated last. */
  line: number | undefined;

  constructor(readonly budget: Budget) {}

  evaluate(node: Expression, scope: Scope): Value {
    this.budget.step();
    switch (node.type) {
      case 'constant':
        return node.value;
      case 'name': {
        const value = scope.get(node.name);
        if (value !== undefined) return value;
        if (node.name === 'self') throw new UnsupportedError('self');
        return new Undefined(`'${node.name}' is undefined`);
      }
      case 'list':
        return this.all(node.items, scope);
      case 'tuple':
        return new Tuple(this.all(node.items, scope));
      case 'concat':
        return concat(this.all(node.items, scope), this.budget);
      case 'dict':
        this.budget.dict(node.items.length);
        return new Dict(
          node.items.map(([key, value]) => [this.evaluate(key, scope), this.evaluate(value, scope)] as const),
        );
      case 'attribute':
        return getAttribute(this.evaluate(node.object, scope), node.name, this.budget);
      case 'item': {
        const object = this.evaluate(node.object, scope);
        return getItem(object, this.evaluate(node.index, scope), this.budget);
      }
      case 'slice':
        return this.slice(node.object, node.bounds, scope);
      case 'call':
        return this.call(this.evaluate(node.callee, scope), this.args(node.args, scope), node.line);
      case 'filter': {
        const operand = this.evaluate(node.operand!, scope);
        const args = this.args(node.args, scope);
        this.line = node.line;
        return this.filter(node.name, operand, args);
      }
      case 'test': {
        const operand = this.evaluate(node.operand, scope);
        const args = this.args(node.args, scope);
        this.line = node.line;
        return this.test(node.name, operand, args);
      }
      case 'unary':
        return this.unary(node.operator, this.evaluate(node.operand, scope));
      case 'binary': {
        const left = this.evaluate(node.left, scope);
        return arithmetic(node.operator, left, this.evaluate(node.right, scope), this.budget);
      }
      case 'and':
      case 'or': {
        const left = this.evaluate(node.left, scope);
        return isTrue(left) === (node.type === 'and') ? this.evaluate(node.right, scope) : left;
      }
      case 'compare': {
        let left = this.evaluate(node.first, scope);
        for (const [operator, operand] of node.rest) {
          const right = this.evaluate(operand, scope);
          if (!compare(operator, left, right, this.budget)) return false;
          left = right;
        }
        return true;
      }
      case 'condition': {
        if (isTrue(this.evaluate(node.test, scope))) return this.evaluate(node.then, scope);
        if (node.otherwise) return this.evaluate(node.otherwise, scope);
        return new Undefined('the condition is false, and there is no else');
      }
    }
  }

  private all(nodes: readonly Expression[], scope: Scope): Value[] {
    this.budget.list(nodes.length);
    return nodes.map((node) => this.evaluate(node, scope));
  }

  private slice(object: Expression, bounds: readonly (Expression | undefined)[], scope: Scope): Value {
    const value = this.evaluate(object, scope);
    const part = sliceOf(
      value,
      bounds.map((bound) => bound && this.evaluate(bound, scope)),
      this.budget,
    );
    if (part !== undefined) return part;
    if (value instanceof Undefined) throw undefinedError(value);
    // Jinja2 raises an error, except where it can tell the value before it renders.
    throw new UnsupportedError(`a part of a ${typeName(value)}`);
  }

  private unary(operator: UnaryOperator, value: Value): Value {
    if (operator === 'not') return !isTrue(value);
    if (value instanceof Undefined) throw undefinedError(value);
    if (!isNumber(value))
      throw new TemplateError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
    const number = isInt(value) ? integerOf(value) : value;
    return operator === '-' ? -number : number;
  }

  private args({ positional, named, list, dict }: ArgumentNodes, scope: Scope): Args {
    const all = positional.map((node) => this.evaluate(node, scope));
    const byName = new Map(named.map(([name, node]) => [name, this.evaluate(node, scope)]));
    if (list) for (const item of iterate(this.evaluate(list, scope), this.budget)) all.push(item);
    if (dict) {
      const value = this.evaluate(dict, scope);
      if (!(value instanceof Dict)) throw new TemplateError('the argument after ** must be a mapping');
      this.budget.list(2 * value.size);
      for (const [key, item] of value.entries()) {
        const name = textOf(key);
        if (name === undefined) throw new TemplateError('keywords must be strings');
        if (byName.has(name)) throw new TemplateError(`got multiple values for the argument '${name}'`);
        byName.set(name, item);
      }
    }
    return { positional: all, named: byName };
  }

  /** Calls a function, a method or a macro. */
  call(callee: Value, args: Args, line: number): Value {
    this.line = line;
    const run = callee instanceof Callable || callee instanceof Attributes ? callee.call : undefined;
    if (!run) {
      if (callee instanceof Undefined) throw undefinedError(callee);
      throw new TemplateError(`'${typeName(callee)}' object is not callable`);
    }
    const value = run.call(callee, args);
    // Back from a macro, which stands elsewhere.
    this.line = line;
    return value;
  }

  filter(name: string, value: Value, args: Args): Value {
    const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
    if (filter) return filter(value, args, this);
    if (unsupportedFilters.has(name)) throw new UnsupportedError(`the filter ${name}`);
    throw new TemplateError(`there is no filter '${name}'`);
  }

  test(name: string, value: Value, args: Args): boolean {
    const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
    if (test) return test(value, args, this.budget);
    throw new TemplateError(`there is no test '${name}'`);
  }
}
