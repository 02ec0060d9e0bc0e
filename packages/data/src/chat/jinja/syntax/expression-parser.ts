import { TemplateSyntaxError, type Token } from './lexer.js';
import type { ArgumentNodes, BinaryOperator, CallNode, Comparison, Expression, FilterNode } from './nodes.js';
import { MOST_DIGITS } from '../values/values.js';

/** Expressions within each other: more than any template has, and fewer than a thread's stack holds. */
const DEEPEST = 150;

const NO_ARGUMENTS: ArgumentNodes = { positional: [], named: [] };
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const CONSTANTS: Readonly<Record<string, boolean | null>> = {
  true: true, True: true, false: false, False: false, none: null, None: null,
}; // prettier-ignore

/** Parses expressions, with the precedence that Jinja2 gives to operators. */
export class ExpressionParser {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get current(): Token {
    return this.tokens[this.at]!;
  }

  next(): Token {
    const token = this.current;
    if (token.type !== 'end') this.at++;
    return token;
  }

  is(type: Token['type'], value?: string): boolean {
    return this.current.type === type && (value === undefined || this.current.value === value);
  }

  skip(type: Token['type'], value?: string): boolean {
    if (!this.is(type, value)) return false;
    this.at++;
    return true;
  }

  expect(type: Token['type'], value?: string): Token {
    if (this.is(type, value)) return this.next();
    return this.fail(`expected ${value ?? NAMES[type] ?? type}, but there is ${this.described()}`);
  }

  described(): string {
    const { type, value } = this.current;
    return type === 'string' ? JSON.stringify(value) : value || (NAMES[type] ?? type);
  }

  fail(message: string, line = this.current.line): never {
    throw new TemplateSyntaxError(this.is('end') ? `it ends within a block: ${message}` : message, line);
  }

  /** Bounds how deep the tree is. */
  within<T>(parse: () => T): T {
    if (++this.depth > DEEPEST) this.fail(`it is nested more than ${DEEPEST} deep`);
    const node = parse();
    this.depth--;
    return node;
  }

  expression(withCondition = true): Expression {
    return this.within(() => (withCondition ? this.condition() : this.or()));
  }

  /** One expression, or several with commas between them. */
  tuple(withCondition = true, isInParentheses = false): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    while (!this.endsTuple()) {
      items.push(this.expression(withCondition));
      if (!this.skip('operator', ',')) break;
      isTuple = true;
    }
    if (!isTuple && items.length === 1) return items[0]!;
    if (!isTuple && !isInParentheses) this.fail(`expected an expression, but there is ${this.described()}`);
    return { type: 'tuple', items };
  }

  private endsTuple(): boolean {
    return (
      this.is('variable_end') ||
      this.is('block_end') ||
      this.is('operator', ')') ||
      this.is('name', 'recursive')
    );
  }

  private condition(): Expression {
    let then = this.or();
    while (this.skip('name', 'if')) {
      const test = this.or();
      const otherwise = this.skip('name', 'else') ? this.within(() => this.condition()) : undefined;
      then = { type: 'condition', test, then, otherwise };
    }
    return then;
  }

  private or(): Expression {
    let left = this.and();
    while (this.skip('name', 'or')) left = { type: 'or', left, right: this.and() };
    return left;
  }

  private and(): Expression {
    let left = this.not();
    while (this.skip('name', 'and')) left = { type: 'and', left, right: this.not() };
    return left;
  }

  private not(): Expression {
    if (!this.skip('name', 'not')) return this.compare();
    return { type: 'unary', operator: 'not', operand: this.within(() => this.not()) };
  }

  private compare(): Expression {
    const first = this.sum();
    const rest: [Comparison, Expression][] = [];
    for (;;) {
      if (this.is('operator') && COMPARISONS.has(this.current.value)) {
        rest.push([this.next().value as Comparison, this.sum()]);
      } else if (this.skip('name', 'in')) {
        rest.push(['in', this.sum()]);
      } else if (this.is('name', 'not') && this.tokens[this.at + 1]?.value === 'in') {
        this.at += 2;
        rest.push(['not in', this.sum()]);
      } else {
        return rest.length === 0 ? first : { type: 'compare', first, rest };
      }
    }
  }

  private binary(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    let length = 0;
    while (this.is('operator') && operators.includes(this.current.value)) {
      const operator = this.next().value as BinaryOperator;
      // A chain is as deep as it is long.
      if (++length > 1000) this.fail('it has more than 1000 operators in a row');
      left = { type: 'binary', operator, left, right: operand() };
    }
    return left;
  }

  private sum(): Expression {
    return this.binary(['+', '-'], () => this.concat());
  }

  private concat(): Expression {
    const items = [this.product()];
    while (this.skip('operator', '~')) items.push(this.product());
    return items.length === 1 ? items[0]! : { type: 'concat', items };
  }

  private product(): Expression {
    return this.binary(['*', '/', '//', '%'], () => this.power());
  }

  private power(): Expression {
    return this.binary(['**'], () => this.unary());
  }

  private unary(withFilters = true): Expression {
    let node: Expression;
    if (this.is('operator', '-') || this.is('operator', '+')) {
      const operator = this.next().value as '-' | '+';
      node = { type: 'unary', operator, operand: this.within(() => this.unary(false)) };
    } else {
      node = this.primary();
    }
    node = this.postfix(node);
    return withFilters ? this.filters(node) : node;
  }

  primary(): Expression {
    const { type, value } = this.current;
    if (type === 'name') {
      this.at++;
      return Object.hasOwn(CONSTANTS, value)
        ? { type: 'constant', value: CONSTANTS[value]! }
        : { type: 'name', name: value };
    }
    if (type === 'string') {
      let text = '';
      while (this.is('string')) text += this.next().value;
      return { type: 'constant', value: text };
    }
    if (type === 'integer' || type === 'float') {
      if (type === 'integer' && value.length > MOST_DIGITS)
        this.fail(`an integer of more than ${MOST_DIGITS} digits is not supported`);
      this.at++;
      return { type: 'constant', value: type === 'integer' ? BigInt(value) : Number(value) };
    }
    if (this.skip('operator', '(')) {
      const node = this.within(() => this.tuple(true, true));
      this.expect('operator', ')');
      return node;
    }
    if (this.skip('operator', '[')) return { type: 'list', items: this.items(']', () => this.expression()) };
    if (this.skip('operator', '{')) {
      const items = this.items('}', () => {
        const key = this.expression();
        this.expect('operator', ':');
        return [key, this.expression()] as const;
      });
      return { type: 'dict', items };
    }
    return this.fail(`unexpected ${this.described()}`);
  }

  private items<T>(end: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.is('operator', end)) {
      if (items.length > 0) this.expect('operator', ',');
      if (this.is('operator', end)) break;
      items.push(item());
    }
    this.expect('operator', end);
    return items;
  }

  private postfix(node: Expression): Expression {
    for (let length = 0; ; length++) {
      if (length > DEEPEST) this.fail(`it has more than ${DEEPEST} attributes in a row`);
      if (this.skip('operator', '.')) {
        const { type, value } = this.next();
        if (type === 'name') node = { type: 'attribute', object: node, name: value };
        else if (type === 'integer' && value.length <= MOST_DIGITS)
          node = { type: 'item', object: node, index: { type: 'constant', value: BigInt(value) } };
        else this.fail('expected a name or a number after the dot');
      } else if (this.skip('operator', '[')) {
        node = this.subscript(node);
      } else if (this.is('operator', '(')) {
        node = this.call(node);
      } else {
        return node;
      }
    }
  }

  private call(callee: Expression): CallNode {
    const { line } = this.current;
    return { type: 'call', callee, args: this.args(), line };
  }

  private subscript(object: Expression): Expression {
    if (this.is('operator', ']')) this.fail('expected an index');
    const bounds: (Expression | undefined)[] = [];
    const part = () => (this.is('operator', ':') || this.is('operator', ']') ? undefined : this.expression());
    bounds.push(part());
    while (this.skip('operator', ':') && bounds.length < 3) bounds.push(part());
    if (this.is('operator', ',')) this.fail('an index of several parts is not supported');
    this.expect('operator', ']');
    if (bounds.length === 1) return { type: 'item', object, index: bounds[0]! };
    return { type: 'slice', object, bounds };
  }

  private args(): ArgumentNodes {
    this.expect('operator', '(');
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    const names = new Set<string>();
    let list: Expression | undefined;
    let dict: Expression | undefined;
    const ensure = (valid: boolean) => {
      if (!valid) this.fail('the arguments are in no valid order');
    };
    for (let count = 0; !this.is('operator', ')'); count++) {
      if (count > 0) {
        this.expect('operator', ',');
        if (this.is('operator', ')')) break;
      }
      if (this.skip('operator', '*')) {
        ensure(!list && !dict);
        list = this.expression();
      } else if (this.skip('operator', '**')) {
        ensure(!dict);
        dict = this.expression();
      } else if (
        this.is('name') &&
        this.tokens[this.at + 1]?.value === '=' &&
        this.tokens[this.at + 1]?.type === 'operator'
      ) {
        ensure(!dict);
        const { value: name } = this.next();
        this.at++;
        if (names.has(name)) this.fail(`the argument ${name} is given twice`);
        names.add(name);
        named.push([name, this.expression()]);
      } else {
        ensure(!list && !dict && named.length === 0);
        positional.push(this.expression());
      }
    }
    this.expect('operator', ')');
    return { positional, named, ...(list && { list }), ...(dict && { dict }) };
  }

  private filters(node: Expression): Expression {
    for (let length = 0; ; length++) {
      if (length > DEEPEST) this.fail(`it has more than ${DEEPEST} filters in a row`);
      if (this.skip('operator', '|')) node = this.filter(node);
      else if (this.skip('name', 'is')) node = this.test(node);
      else if (this.is('operator', '(')) node = this.call(node);
      else return node;
    }
  }

  /** A filter's name and arguments, after the bar. */
  filter(operand: Expression | undefined): FilterNode {
    const { line } = this.current;
    const name = this.dottedName();
    const args = this.is('operator', '(') ? this.args() : NO_ARGUMENTS;
    return { type: 'filter', operand, name, args, line };
  }

  private dottedName(): string {
    let name = this.expect('name').value;
    while (this.skip('operator', '.')) name += `.${this.expect('name').value}`;
    return name;
  }

  private test(operand: Expression): Expression {
    const { line } = this.current;
    const isNegated = this.skip('name', 'not');
    const name = this.dottedName();
    let args = NO_ARGUMENTS;
    if (this.is('operator', '(')) args = this.args();
    else if (this.beginsOperand()) {
      if (this.is('name', 'is')) this.fail('tests cannot be chained with is');
      args = { positional: [this.postfix(this.primary())], named: [] };
    }
    const test: Expression = { type: 'test', operand, name, args, line };
    return isNegated ? { type: 'unary', operator: 'not', operand: test } : test;
  }

  private beginsOperand(): boolean {
    const { type, value } = this.current;
    if (type === 'name') return value !== 'else' && value !== 'or' && value !== 'and';
    if (type === 'operator') return value === '[' || value === '{';
    return type === 'string' || type === 'integer' || type === 'float';
  }
}

const NAMES: Partial<Record<Token['type'], string>> = {
  variable_end: "'}}'",
  block_end: "'%}'",
  name: 'a name',
  end: 'the end of the template',
};
