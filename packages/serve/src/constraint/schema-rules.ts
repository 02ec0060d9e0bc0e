import { AttuneError } from '@attune/core';
import { integerFault } from './integer-bounds.js';
import { patternFault } from './pattern-rules.js';

/** The most that a schema may have. */
export const schemaLimits = {
  /** Characters of it as JSON. */
  size: 32_768,
  depth: 32,
  /** Properties of one object. Each that is not required makes the grammar larger by all that may follow it. */
  properties: 64,
  /** Values of an `enum`. */
  values: 500,
  /** Characters of a string, or items of an array, where they are bounded. */
  count: 256,
  /** Characters of a `pattern`. */
  pattern: 256,
} as const;

type Json = Readonly<Record<string, unknown>>;

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** Formats that answers keep to by their form: a date may be one that no month has. */
const FORMATS = ['date', 'time', 'date-time', 'duration', 'uuid', 'ipv4', 'ipv6', 'hostname'];

/** Words that say nothing of what is allowed. */
const COMMENTS = [
  ...['title', 'description', 'default', 'examples', '$schema', '$id', '$comment', 'deprecated'],
  ...['readOnly', 'writeOnly', '$defs', 'definitions'],
];

const BOUNDS = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties'],
} as const;

const KNOWN = new Set<string>([
  ...Object.values(BOUNDS).flat(),
  ...COMMENTS,
  ...['type', 'enum', 'const', 'anyOf', '$ref'],
]);

/** Words beside which no other may say what is allowed: the library would heed one of them only. */
const ALONE = ['$ref', 'anyOf', 'const', 'enum'];

const unsupported = (path: string, fault: string) =>
  new AttuneError('SCHEMA_UNSUPPORTED', `At ${path || 'the root'} of the schema: ${fault}.`, {
    data: { path, fault },
  });

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const quoted = (names: readonly string[]) => names.map((name) => `"${name.slice(0, 40)}"`).join(', ');

/**
 * Checks that answers can be held to a JSON schema: the library takes no notice of words that it does not know.
 *
 * @throws AttuneError SCHEMA_UNSUPPORTED, which names the place and the word.
 */
export function checkSchema(schema: unknown): asserts schema is Json {
  if (!isObject(schema)) throw unsupported('', 'it must be an object');
  const size = depthOf(schema) > schemaLimits.depth * 4 ? Infinity : JSON.stringify(schema).length;
  if (size > schemaLimits.size) throw unsupported('', `it has more than ${schemaLimits.size} characters`);
  new SchemaCheck(schema).check(schema, '', 0);
}

/** How deep a value is nested. Not by recursion: it is a stranger's. */
function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  let depth = 0;
  while (level.length > 0 && depth < 10_000) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
    depth++;
  }
  return depth;
}

class SchemaCheck {
  constructor(private readonly root: Json) {}

  check(schema: unknown, path: string, depth: number): void {
    if (schema === true) return;
    if (!isObject(schema)) throw unsupported(path, 'it must be an object or true');
    if (depth > schemaLimits.depth) throw unsupported(path, `it is nested deeper than ${schemaLimits.depth}`);
    const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key));
    if (unknown.length > 0) throw unsupported(path, `${quoted(unknown)} is not supported`);
    this.checkAlone(schema, path);
    this.checkType(schema, path);
    this.checkReference(schema, path);
    this.checkValues(schema, path);
    this.checkBounds(schema, path);
    this.checkString(schema, path);
    this.checkObject(schema, path);
    const parts: [unknown, string][] = [
      ...entries(schema['properties'], `${path}/properties`),
      ...entries(schema['$defs'], `${path}/$defs`),
      ...entries(schema['definitions'], `${path}/definitions`),
      ...listed(schema, 'anyOf', path),
      ...listed(schema, 'prefixItems', path),
    ];
    for (const key of ['items', 'additionalProperties']) {
      if (schema[key] !== undefined && schema[key] !== false) parts.push([schema[key], `${path}/${key}`]);
    }
    for (const [part, at] of parts) this.check(part, at, depth + 1);
  }

  private checkAlone(schema: Json, path: string): void {
    const word = ALONE.find((key) => key in schema);
    if (word === undefined) return;
    const isValue = word === 'enum' || word === 'const';
    const others = Object.keys(schema).filter(
      (key) => key !== word && !COMMENTS.includes(key) && !(isValue && key === 'type'),
    );
    if (others.length > 0) throw unsupported(path, `${quoted(others)} is not supported beside "${word}"`);
  }

  private checkType({ type, ...schema }: Json, path: string): void {
    const types = type === undefined ? [] : [type].flat();
    const wrong = types.find((each) => typeof each !== 'string' || !TYPES.includes(each));
    if (wrong !== undefined || (Array.isArray(type) && type.length === 0)) {
      throw unsupported(path, `"type" must be one of ${quoted(TYPES)}, or a list of them`);
    }
    for (const [of, words] of Object.entries(BOUNDS)) {
      const given = words.filter((word) => word in schema);
      if (given.length === 0 || types.includes(of)) continue;
      throw unsupported(path, `${quoted(given)} needs "type": "${of}"`);
    }
  }

  private checkReference({ $ref: ref }: Json, path: string): void {
    if (ref === undefined) return;
    if (typeof ref !== 'string' || !(ref === '#' || ref.startsWith('#/'))) {
      throw unsupported(path, '"$ref" must point into the schema itself, as "#/$defs/name"');
    }
    const seen = new Set<string>();
    for (let at: string = ref; ;) {
      if (seen.has(at)) throw unsupported(path, '"$ref" leads to itself');
      seen.add(at);
      const target = this.targetOf(at);
      if (target === undefined) throw unsupported(path, '"$ref" points to nothing');
      const next = isObject(target) ? target['$ref'] : undefined;
      if (typeof next !== 'string') return;
      at = next;
    }
  }

  private targetOf(ref: string): unknown {
    let target: unknown = this.root;
    for (const part of ref.split('/').slice(1)) {
      if (/[~%]/.test(part) || !isObject(target) || !Object.hasOwn(target, part)) return undefined;
      target = target[part];
    }
    return target;
  }

  private checkValues(schema: Json, path: string): void {
    const { enum: values } = schema;
    if (values !== undefined && !(Array.isArray(values) && values.length > 0)) {
      throw unsupported(path, '"enum" must be a list of values');
    }
    if (Array.isArray(values) && values.length > schemaLimits.values) {
      throw unsupported(path, `"enum" has more than ${schemaLimits.values} values`);
    }
  }

  private checkBounds(schema: Json, path: string): void {
    for (const word of ['minLength', 'maxLength', 'minItems', 'maxItems']) {
      const bound = schema[word];
      if (bound === undefined) continue;
      const isCount = Number.isInteger(bound) && (bound as number) >= 0;
      if (!isCount || (bound as number) > schemaLimits.count) {
        throw unsupported(path, `"${word}" must be a whole number up to ${schemaLimits.count}`);
      }
    }
    if (BOUNDS.integer.some((word) => word in schema)) {
      if (schema['type'] !== 'integer') throw unsupported(path, 'bounds need "type": "integer"');
      const fault = integerFault(schema);
      if (fault !== undefined) throw unsupported(path, fault);
    }
  }

  private checkString({ pattern, format, minLength, maxLength }: Json, path: string): void {
    const lengths = [minLength, maxLength].some((bound) => bound !== undefined);
    if ([pattern !== undefined, format !== undefined, lengths].filter(Boolean).length > 1) {
      throw unsupported(path, 'of "pattern", "format" and bounds of the length, one is supported at a time');
    }
    if (format !== undefined && !FORMATS.includes(format as string)) {
      throw unsupported(path, `"format" must be one of ${quoted(FORMATS)}`);
    }
    if (pattern === undefined) return;
    if (typeof pattern !== 'string' || pattern.length > schemaLimits.pattern) {
      throw unsupported(path, `"pattern" must be a text of at most ${schemaLimits.pattern} characters`);
    }
    const fault = patternFault(pattern);
    if (fault !== undefined) throw unsupported(path, `"pattern" ${fault}`);
  }

  private checkObject({ properties, required }: Json, path: string): void {
    if (properties !== undefined && !isObject(properties)) {
      throw unsupported(path, '"properties" must be an object');
    }
    const names = Object.keys(properties ?? {});
    // The library would take the rest of the name for a part of its grammar.
    const name = names.find((each) => /["\\\p{Cc}]/u.test(each));
    if (name !== undefined) {
      throw unsupported(
        path,
        'a property has a quote, a backslash or a control character in its name, which is not supported',
      );
    }
    if (names.length > schemaLimits.properties) {
      throw unsupported(path, `it has more than ${schemaLimits.properties} properties`);
    }
    if (required === undefined) return;
    if (!Array.isArray(required) || !required.every((name) => names.includes(name as string))) {
      throw unsupported(path, '"required" must be a list of names among "properties"');
    }
  }
}

function entries(value: unknown, path: string): [unknown, string][] {
  if (value === undefined) return [];
  if (!isObject(value)) throw unsupported(path, 'it must be an object');
  return Object.entries(value).map(([name, part]) => [part, `${path}/${name.slice(0, 40)}`]);
}

function listed(schema: Json, word: string, path: string): [unknown, string][] {
  const value = schema[word];
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0) throw unsupported(path, `"${word}" must be a list`);
  if (value.length > schemaLimits.properties) {
    throw unsupported(path, `"${word}" has more than ${schemaLimits.properties} entries`);
  }
  return value.map((part, i) => [part, `${path}/${word}/${i}`]);
}
