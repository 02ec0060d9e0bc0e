import type { Rendering } from './rendering.js';
import type { Budget } from '../values/budget.js';
import { Evaluator } from './evaluator.js';
import { Loop } from './loop.js';
import { macro } from './macro.js';
import type { Body, FilterNode, Statement, Target } from '../syntax/nodes.js';
import { isTrue } from '../built-ins/operators.js';
import { Output } from './output.js';
import { pythonStr } from '../text/python-text.js';
import { Scope } from './scope.js';
import { iterate, lengthOf } from '../values/sequences.js';
import { Lazy, Namespace, TemplateError, Undefined, type Value } from '../values/values.js';

/** How a body ended. */
type Ending = 'break' | 'continue' | undefined;

/** Runs the statements of a template. */
export class Interpreter {
  private readonly evaluator: Evaluator;
  private output: Output;
  private readonly root: Output;
  /** True if a generation block stood where its place in the text is not known: in a macro, say. */
  private hasLostMark = false;

  constructor(private readonly budget: Budget) {
    this.evaluator = new Evaluator(budget);
    this.root = this.output = new Output(budget);
  }

  /** The line of the tag that is or was evaluated last. */
  get line(): number | undefined {
    return this.evaluator.line;
  }

  /**
   * Renders a template, once.
   *
   * @throws TemplateError
   */
  render(body: Body, globals: Scope): Rendering {
    this.body(body, new Scope(globals));
    const { text, marks } = this.root.rendering();
    return { text, marks: this.hasLostMark ? [] : marks };
  }

  private body(body: Body, scope: Scope): Ending {
    for (const statement of body) {
      this.budget.step();
      if (statement.type !== 'text') this.evaluator.line = statement.line;
      const ending = this.statement(statement, scope);
      if (ending) return ending;
    }
    return undefined;
  }

  /** The output of a body, as a text. */
  private captured(body: Body, scope: Scope): string {
    const outer = this.output;
    this.output = new Output(this.budget);
    try {
      this.body(body, scope);
      return this.output.text();
    } finally {
      this.output = outer;
    }
  }

  private statement(node: Statement, scope: Scope): Ending {
    switch (node.type) {
      case 'text':
        this.output.write(node.text);
        return undefined;
      case 'output':
        this.output.write(pythonStr(this.evaluator.evaluate(node.value, scope), this.budget));
        return undefined;
      case 'if': {
        const branch = node.branches.find(({ test }) => isTrue(this.evaluator.evaluate(test, scope)));
        return this.body(branch ? branch.body : node.otherwise, scope);
      }
      case 'for':
        this.loop(node, scope);
        return undefined;
      case 'set':
        this.assign(node.target, this.evaluator.evaluate(node.value, scope), scope);
        return undefined;
      case 'set block':
      case 'filter block': {
        const text = this.captured(node.body, new Scope(scope));
        let value: Value = text;
        if (node.filter) {
          const inner = new Scope(scope);
          inner.set(CAPTURED, text);
          value = this.evaluator.evaluate(onCaptured(node.filter), inner);
        }
        if (node.type === 'set block') this.assign(node.target, value, scope);
        else this.output.write(pythonStr(value, this.budget));
        return undefined;
      }
      case 'macro':
        scope.set(node.name, this.macro(node.name, node, scope));
        return undefined;
      case 'call block': {
        const { call } = node;
        const caller = this.macro('caller', node, scope);
        const inner = new Scope(scope);
        inner.set(CAPTURED, caller);
        const args = {
          ...call.args,
          named: [...call.args.named, ['caller', { type: 'name', name: CAPTURED }] as const],
        };
        const value = this.evaluator.evaluate({ ...call, args }, inner);
        this.output.write(pythonStr(value, this.budget));
        return undefined;
      }
      case 'with': {
        const inner = new Scope(scope);
        const values = node.bindings.map(
          ([target, value]) => [target, this.evaluator.evaluate(value, scope)] as const,
        );
        for (const [target, value] of values) this.assign(target, value, inner);
        return this.body(node.body, inner);
      }
      case 'generation':
        if (this.output !== this.root) this.hasLostMark = true;
        this.output.mark(() => void this.body(node.body, new Scope(scope)));
        return undefined;
      case 'break':
      case 'continue':
        return node.type;
    }
  }

  private macro(name: string, node: Parameters<typeof macro>[1], scope: Scope): Value {
    return macro(name, node, scope, this.evaluator, (body, inner) => this.captured(body, inner));
  }

  private loop(node: Extract<Statement, { type: 'for' }>, scope: Scope): void {
    const { target, test, body, otherwise } = node;
    const iterable = this.evaluator.evaluate(node.iterable, scope);
    const items = iterate(iterable, this.budget);
    // Without a condition, the length of a list is known.
    const length = test || iterable instanceof Lazy ? undefined : lengthOf(iterable, this.budget);
    const loop = new Loop(test ? this.filtered(items, target, test, scope) : items, length, this.budget);
    // Jinja2 takes an iteration that ends early for none.
    let hasRun = false;
    for (let item = loop.next(); item !== undefined; item = loop.next()) {
      const inner = new Scope(scope);
      inner.set('loop', loop.variable);
      this.assign(target, item, inner);
      const ending = this.body(body, inner);
      if (ending === 'break') break;
      if (ending === undefined) hasRun = true;
    }
    if (!hasRun) this.body(otherwise, new Scope(scope));
  }

  private *filtered(
    items: Iterable<Value>,
    target: Target,
    test: NonNullable<Extract<Statement, { type: 'for' }>['test']>,
    scope: Scope,
  ): Generator<Value, void, undefined> {
    for (const item of items) {
      const inner = new Scope(scope);
      // The loop's own state is not known yet.
      inner.set('loop', new Undefined('the condition of a loop cannot ask for the loop'));
      this.assign(target, item, inner);
      if (isTrue(this.evaluator.evaluate(test, inner))) yield item;
    }
  }

  private assign(target: Target, value: Value, scope: Scope): void {
    switch (target.type) {
      case 'name':
        return scope.set(target.name, value);
      case 'member': {
        const namespace = scope.get(target.name);
        if (!(namespace instanceof Namespace))
          throw new TemplateError('cannot assign attribute on non-namespace object');
        namespace.attributes.set(target.attribute, value);
        return;
      }
      case 'tuple': {
        const items = [...iterate(value, this.budget, `cannot unpack a value that is no sequence`)];
        const { length } = target.items;
        if (items.length !== length) {
          throw new TemplateError(
            `${items.length < length ? 'not enough' : 'too many'} values to unpack (expected ${length})`,
          );
        }
        target.items.forEach((each, i) => this.assign(each, items[i]!, scope));
      }
    }
  }
}

/** A name that no template can write. */
const CAPTURED = ' captured';

/** The chain of filters, on what was captured. */
function onCaptured(filter: FilterNode): FilterNode {
  const operand = filter.operand
    ? onCaptured(filter.operand as FilterNode)
    : ({ type: 'name', name: CAPTURED } as const);
  return { ...filter, operand };
}
