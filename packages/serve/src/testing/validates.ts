type Json = Readonly<Record<string, unknown>>;

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/** Tells if a value is what a JSON schema says, of the words that answers are held to. `$ref` and formats but dates are not known. */
export function validates(schema: unknown, value: unknown): boolean {
  if (typeof schema === 'boolean') return schema;
  const words = schema as Json;
  return Object.entries(words).every(([word, argument]) => holds(word, argument, value, words));
}

function holds(word: string, argument: unknown, value: unknown, schema: Json): boolean {
  const size = typeof value === 'string' ? [...value].length : Array.isArray(value) ? value.length : 0;
  const number = value as number;
  switch (word) {
    case 'type':
      return [argument].flat().some((type) => types[type as string]!(value));
    case 'enum':
      return (argument as unknown[]).some((each) => JSON.stringify(each) === JSON.stringify(value));
    case 'const':
      return JSON.stringify(argument) === JSON.stringify(value);
    case 'anyOf':
      return (argument as unknown[]).some((each) => validates(each, value));
    case 'minLength':
    case 'minItems':
      return size >= (argument as number);
    case 'maxLength':
    case 'maxItems':
      return size <= (argument as number);
    case 'pattern':
      return new RegExp(argument as string, 'u').test(value as string);
    case 'format':
      return argument !== 'date' || /^\d{4}-\d{2}-\d{2}$/.test(value as string);
    case 'minimum':
      return number >= (argument as number);
    case 'maximum':
      return number <= (argument as number);
    case 'exclusiveMinimum':
      return number > (argument as number);
    case 'exclusiveMaximum':
      return number < (argument as number);
    case 'items':
      return !Array.isArray(value) || value.every((each) => validates(argument, each));
    case 'required':
      return (argument as string[]).every((name) => Object.hasOwn(value as Json, name));
    case 'properties':
      return Object.entries(argument as Json).every(
        ([name, each]) => !Object.hasOwn(value as Json, name) || validates(each, (value as Json)[name]),
      );
    case 'additionalProperties': {
      const known = Object.keys((schema['properties'] ?? {}) as Json);
      const others = Object.entries(value as Json).filter(([name]) => !known.includes(name));
      return others.every(([, each]) => validates(argument, each));
    }
    default:
      throw new Error(`The word ${word} is not known here.`);
  }
}
