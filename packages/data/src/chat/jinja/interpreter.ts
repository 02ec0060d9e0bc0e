import { lineOf } from './compile.js';
import { Environment, Interpreter, type Statement, type Value } from './engine.js';
import { capitalize, lstrip, rstrip, strip } from './python-strings.js';

/** Methods of Python's strings that the engine has, but without their argument, or with JavaScript's white space. */
const METHODS: Readonly<Record<string, (text: string, argument?: string) => string>> = {
  strip,
  lstrip,
  rstrip,
  capitalize,
};

/** The filters among them. */
const FILTERS: Readonly<Record<string, (text: string, argument?: string) => string>> = {
  trim: strip,
  capitalize,
};

/** The engine's interpreter, which knows at which line it is and takes Python's strings for what they are. */
export class TemplateInterpreter extends Interpreter {
  /** Of the tag that is or was evaluated last. */
  line: number | undefined;

  override evaluate(statement: Statement | undefined, environment: Environment): Value {
    if (statement === undefined) return super.evaluate(statement, environment);
    switch (statement.type) {
      case 'Comment':
        this.line = lineOf(statement) ?? this.line;
        break;
      case 'CallExpression': {
        const { line } = this;
        const value = this.stringMethod(statement, environment) ?? super.evaluate(statement, environment);
        // Back from a macro, which stands elsewhere.
        this.line = line;
        return value;
      }
      case 'BinaryExpression': {
        const value = this.comparison(statement, environment);
        if (value) return value;
        break;
      }
      case 'FilterExpression': {
        const value = this.stringFilter(statement, environment);
        if (value) return value;
      }
    }
    return super.evaluate(statement, environment);
  }

  /** `a == b` and `a != b`: the engine compares as JavaScript does, to which an empty text is false. */
  private comparison(expression: Statement, environment: Environment): Value | undefined {
    const { operator, left, right } = expression as unknown as BinaryNode;
    if (operator.value !== '==' && operator.value !== '!=') return undefined;
    const same = areEqual(this.evaluate(left, environment), this.evaluate(right, environment));
    return new Environment().set('result', same === (operator.value === '=='));
  }

  /** `text.strip(chars)`, if it is one of {@link METHODS} of a string. */
  private stringMethod(call: Statement, environment: Environment): Value | undefined {
    const { callee, args } = call as unknown as CallNode;
    if (callee.type !== 'MemberExpression' || callee.computed || args.length > 1) return undefined;
    const method = Object.hasOwn(METHODS, callee.property.value) ? METHODS[callee.property.value] : undefined;
    if (!method) return undefined;
    return this.applied(method, this.evaluate(callee.object, environment), args, environment);
  }

  /** `text | trim`, if it is one of {@link FILTERS} on a string. */
  private stringFilter(expression: Statement, environment: Environment): Value | undefined {
    const { operand, filter } = expression as unknown as FilterNode;
    const [name, args] =
      filter.type === 'CallExpression' ? [filter.callee.value, filter.args] : [filter.value, []];
    const method = name !== undefined && Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
    if (!method || args.length > 1) return undefined;
    return this.applied(method, this.evaluate(operand, environment), args, environment);
  }

  private applied(
    method: (text: string, argument?: string) => string,
    text: Value,
    args: readonly Statement[],
    environment: Environment,
  ): Value | undefined {
    if (text.type !== 'StringValue') return undefined;
    const argument = args[0] && this.evaluate(args[0], environment);
    if (argument && argument.type !== 'StringValue' && argument.type !== 'NullValue') return undefined;
    const chars = argument?.type === 'StringValue' ? (argument.value as string) : undefined;
    // The class of strings is not exported, but every string has it.
    const StringValue = text.constructor as new (value: string) => Value;
    return new StringValue(method(text.value as string, chars));
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['IntegerValue', 'FloatValue', 'BooleanValue']);

/** Python's equality: of numbers, among which True is 1, and else of what has the same type. */
function areEqual(a: Value, b: Value): boolean {
  if (NUMBERS.has(a.type) && NUMBERS.has(b.type)) return Number(a.value) === Number(b.value);
  if (a.type !== b.type) return false;
  if (Array.isArray(a.value) && Array.isArray(b.value)) {
    const [first, second] = [a.value as Value[], b.value as Value[]];
    return first.length === second.length && first.every((item, i) => areEqual(item, second[i]!));
  }
  if (a.value instanceof Map && b.value instanceof Map) {
    const [first, second] = [a.value as Map<string, Value>, b.value as Map<string, Value>];
    return (
      first.size === second.size &&
      [...first].every(([key, item]) => second.has(key) && areEqual(item, second.get(key)!))
    );
  }
  return a.value === b.value;
}

/** The nodes looked into; the engine exports no types of them. */
interface BinaryNode {
  readonly operator: { readonly value: string };
  readonly left: Statement;
  readonly right: Statement;
}

interface CallNode {
  readonly callee: Statement & {
    readonly computed: boolean;
    readonly object: Statement;
    readonly property: { readonly value: string };
    readonly value?: string;
  };
  readonly args: readonly Statement[];
}

interface FilterNode {
  readonly operand: Statement;
  readonly filter:
    | { readonly type: 'Identifier'; readonly value: string }
    | {
        readonly type: 'CallExpression';
        readonly callee: { readonly value?: string };
        readonly args: readonly Statement[];
      };
}
