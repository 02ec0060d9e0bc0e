import { ExpressionParser } from './expression-parser.js';
import { tokenize, type Token } from './lexer.js';
import type { Body, Parameter, Statement, Target } from './nodes.js';

/** Statements that Jinja2 knows, and that need other templates or are not of use here. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'block',
  'extends',
  'include',
  'import',
  'from',
  'autoescape',
  'print',
]);

/**
 * Parses a template, with the extensions that transformers has: `break` and `continue`, and `generation`.
 *
 * @throws TemplateSyntaxError
 */
export function parseTemplate(source: string): Body {
  return new Parser(tokenize(source)).template();
}

class Parser extends ExpressionParser {
  private loops = 0;

  constructor(tokens: readonly Token[]) {
    super(tokens);
  }

  template(): Body {
    const body = this.body([]);
    if (!this.is('end')) this.fail(`unexpected ${this.described()}`);
    return body;
  }

  /** Statements up to a block with one of these names, of which the name is the current token then. */
  private body(ends: readonly string[]): Body {
    const statements: Statement[] = [];
    while (!this.is('end')) {
      const { type, value, line } = this.next();
      if (type === 'data') statements.push({ type: 'text', text: value, line });
      else if (type === 'variable_begin') {
        statements.push({ type: 'output', value: this.tuple(), line });
        this.expect('variable_end');
      } else {
        if (this.is('name') && ends.includes(this.current.value)) return statements;
        statements.push(this.within(() => this.statement(line)));
      }
    }
    if (ends.length > 0) this.fail(`there is no ${ends.at(-1)}`);
    return statements;
  }

  private block(end: string): Body {
    this.expect('block_end');
    const body = this.body([end]);
    this.next();
    this.expect('block_end');
    return body;
  }

  private statement(line: number): Statement {
    const { value: tag } = this.expect('name');
    switch (tag) {
      case 'if':
        return this.ifStatement(line);
      case 'for':
        return this.forStatement(line);
      case 'set':
        return this.setStatement(line);
      case 'macro': {
        const { value: name } = this.expect('name');
        return {
          type: 'macro',
          name,
          parameters: this.parameters(),
          body: this.outsideLoops('endmacro'),
          line,
        };
      }
      case 'call': {
        const parameters = this.is('operator', '(') ? this.parameters() : [];
        const call = this.expression();
        if (call.type !== 'call') this.fail('expected a call', line);
        return { type: 'call block', call, parameters, body: this.outsideLoops('endcall'), line };
      }
      case 'filter':
        return { type: 'filter block', ...this.filterBlock(), line };
      case 'with':
        return this.withStatement(line);
      case 'generation':
        return { type: 'generation', body: this.outsideLoops('endgeneration'), line };
      case 'break':
      case 'continue':
        if (this.loops === 0) this.fail(`${tag} is outside of a loop`, line);
        this.expect('block_end');
        return { type: tag, line };
      default:
        return this.fail(
          UNSUPPORTED.has(tag)
            ? `the statement ${tag} is not supported here`
            : `there is no statement ${tag}`,
          line,
        );
    }
  }

  /** A body that is a function to Jinja2: `break` does not reach out of it. */
  private outsideLoops(end: string): Body {
    const { loops } = this;
    this.loops = 0;
    const body = this.block(end);
    this.loops = loops;
    return body;
  }

  private ifStatement(line: number): Statement {
    const branches: { test: Parameter['default'] & object; body: Body }[] = [];
    let otherwise: Body = [];
    for (let tag = 'if'; tag !== 'endif';) {
      if (tag === 'else') {
        this.expect('block_end');
        otherwise = this.body(['endif']);
      } else {
        const test = this.tuple(false);
        this.expect('block_end');
        branches.push({ test, body: this.body(['elif', 'else', 'endif']) });
      }
      tag = this.next().value;
    }
    this.expect('block_end');
    return { type: 'if', branches, otherwise, line };
  }

  private forStatement(line: number): Statement {
    const target = this.target(false);
    this.expect('name', 'in');
    const iterable = this.tuple(false);
    const test = this.skip('name', 'if') ? this.expression() : undefined;
    if (this.is('name', 'recursive')) this.fail('a recursive loop is not supported here', line);
    this.expect('block_end');
    this.loops++;
    const body = this.body(['endfor', 'else']);
    this.loops--;
    const otherwise = this.next().value === 'else' ? this.block('endfor') : (this.expect('block_end'), []);
    return { type: 'for', target, iterable, test, body, otherwise, line };
  }

  private setStatement(line: number): Statement {
    const target = this.target(true);
    if (this.skip('operator', '=')) {
      const value = this.tuple();
      this.expect('block_end');
      return { type: 'set', target, value, line };
    }
    let filter = this.skip('operator', '|') ? this.filter(undefined) : undefined;
    while (this.skip('operator', '|')) filter = this.filter(filter);
    return { type: 'set block', target, filter, body: this.outsideLoops('endset'), line };
  }

  private filterBlock() {
    let filter = this.filter(undefined);
    while (this.skip('operator', '|')) filter = this.filter(filter);
    return { filter, body: this.outsideLoops('endfilter') };
  }

  private withStatement(line: number): Statement {
    const bindings: (readonly [Target, NonNullable<Parameter['default']>])[] = [];
    while (!this.is('block_end')) {
      if (bindings.length > 0) this.expect('operator', ',');
      const target = this.single(false);
      this.expect('operator', '=');
      bindings.push([target, this.expression()]);
    }
    return { type: 'with', bindings, body: this.block('endwith'), line };
  }

  private parameters(): Parameter[] {
    this.expect('operator', '(');
    const parameters: Parameter[] = [];
    while (!this.is('operator', ')')) {
      if (parameters.length > 0) this.expect('operator', ',');
      const { value: name } = this.expect('name');
      if (this.skip('operator', '=')) parameters.push({ name, default: this.expression() });
      else {
        if (parameters.at(-1)?.default) this.fail('a parameter without a default follows one that has one');
        parameters.push({ name });
      }
    }
    this.expect('operator', ')');
    return parameters;
  }

  /** The target: a name, an attribute of a namespace, or several with commas. */
  private target(withMembers: boolean): Target {
    const items = [this.single(withMembers)];
    let isTuple = false;
    while (this.skip('operator', ',')) {
      isTuple = true;
      if (
        this.is('block_end') ||
        this.is('name', 'in') ||
        this.is('operator', '=') ||
        this.is('operator', ')')
      )
        break;
      items.push(this.single(withMembers));
    }
    return isTuple ? { type: 'tuple', items } : items[0]!;
  }

  private single(withMembers: boolean): Target {
    if (this.skip('operator', '(')) {
      const target = this.within(() => this.target(withMembers));
      this.expect('operator', ')');
      return target;
    }
    const { value: name } = this.expect('name');
    if (withMembers && this.skip('operator', '.')) {
      return { type: 'member', name, attribute: this.expect('name').value };
    }
    if (RESERVED.has(name)) this.fail(`${name} cannot be assigned to`);
    return { type: 'name', name };
  }
}

const RESERVED: ReadonlySet<string> = new Set(['true', 'True', 'false', 'False', 'none', 'None', 'loop']);
