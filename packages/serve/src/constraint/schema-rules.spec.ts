import { withIntegersListed } from './integer-bounds.js';
import { patternFault } from './pattern-rules.js';
import { checkSchema, schemaLimits } from './schema-rules.js';

const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce((inner) => ({ type: 'array', items: inner }), { type: 'string' });

const object = (count: number) => ({
  type: 'object',
  properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { type: 'null' }])),
});

test.each<[string, unknown]>([
  ['an object', object(schemaLimits.properties)],
  ['a list of objects of the same kind', { $ref: '#/$defs/n', $defs: { n: nested(3) } }],
  ['one that contains itself', { type: 'object', properties: { next: { $ref: '#' } } }],
  ['alternatives', { anyOf: [{ type: 'string', maxLength: 9 }, { enum: ['a', 1, null] }, true] }],
  ['several types', { type: ['string', 'integer', 'null'], maxLength: 3 }],
  ['what zod writes', { $schema: 'x', type: 'object', properties: {}, additionalProperties: false }],
  ['a pattern', { type: 'string', pattern: '^(?:ab|c\\d{2,4}|[a-z_-]+)?$' }],
])('takes %s', (_, schema) => expect(() => checkSchema(schema)).not.toThrow());

test.each<[string, unknown]>([
  ['it must be an object', 'string'],
  ['"if", "then" is not supported', { if: {}, then: {} }],
  ['/properties/a of the schema: "multipleOf" is not supported', object1({ type: 'integer', multipleOf: 2 })],
  ['"type" must be one of', { type: 'text' }],
  ['"minLength" needs "type": "string"', { type: 'integer', minLength: 2 }],
  ['"minLength" is not supported beside "enum"', { type: 'string', enum: ['a'], minLength: 2 }],
  ['"$ref" must point into the schema itself', { $ref: 'file:///etc/passwd' }],
  ['"$ref" points to nothing', { $ref: '#/$defs/a' }],
  ['"$ref" points to nothing', { $ref: '#/constructor' }],
  [
    '"$ref" leads to itself',
    { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
  ],
  ['a property has a quote', { type: 'object', properties: { 'a" "b': {} } }],
  ['it is nested deeper than 32', nested(40)],
  ['more than 32768 characters', nested(4000)],
  ['more than 64 properties', object(65)],
  ['more than 500 values', { enum: Array(501).fill(1) }],
  ['"maxItems" must be a whole number up to 256', { type: 'array', maxItems: 1e6 }],
  ['"required" must be a list of names among', { type: 'object', required: ['a'] }],
  ['"format" must be one of', { type: 'string', format: 'email' }],
  ['one is supported at a time', { type: 'string', pattern: 'a', maxLength: 3 }],
  ['"minimum" must be a number', { type: 'integer', minimum: '1' }],
  ['"minimum" needs "type": "integer"', { type: 'number', minimum: 1 }],
  ['bounds need "type": "integer"', { type: ['null', 'integer'], minimum: 1 }],
  ['bounds are supported that leave at most 500', { type: 'integer', minimum: 0, maximum: 500 }],
  ['its bounds leave no number', { type: 'integer', minimum: 3, exclusiveMaximum: 3 }],
])('refuses by name: %s', (message, schema) => {
  expect(() => checkSchema(schema)).toThrow(
    expect.objectContaining({ code: 'SCHEMA_UNSUPPORTED', message: expect.stringContaining(message) }),
  );
});

function object1(property: unknown): unknown {
  return { type: 'object', properties: { a: property } };
}

test.each([
  '.*',
  '[^a]',
  'a"b',
  '\\\\',
  '[ -~]',
  '(?=a)b',
  '(?<n>a)',
  '\\bword',
  '(a{99}){99}',
  '(a',
  'a)',
  '\\u0041',
  'a{3,1}',
  '^*',
  '$a',
])('refuses the pattern %s', (pattern) => expect(patternFault(pattern)).toBeDefined());

test.each(['abc', '^[A-Z]{2}-\\d+$', '(?:a|b)*c?', '[\\w.]+@[a-z]+\\.com', 'é[à-ÿ]'])(
  'takes the pattern %s',
  (pattern) => expect(patternFault(pattern)).toBeUndefined(),
);

test('bounded integers are compiled as what they may be', () => {
  const safe = Number.MAX_SAFE_INTEGER;
  const cases: [object, object][] = [
    [{ minimum: 2, exclusiveMaximum: 5 }, { enum: [2, 3, 4] }],
    [{ exclusiveMinimum: -1.5, maximum: 0.5 }, { enum: [-1, 0] }],
    // As zod writes an integer.
    [{ minimum: -safe, maximum: safe }, { type: 'integer' }],
    [
      { exclusiveMinimum: 0, maximum: safe },
      { type: 'integer', minimum: 1 },
    ],
  ];
  for (const [bounds, compiled] of cases) {
    const schema = { type: 'object', properties: { a: { type: 'integer', ...bounds } } };
    expect(() => checkSchema(schema)).not.toThrow();
    expect(withIntegersListed(schema)).toEqual({ type: 'object', properties: { a: compiled } });
  }
  expect(withIntegersListed({ enum: [{ type: 'integer', minimum: 1 }] })).toEqual({
    enum: [{ type: 'integer', minimum: 1 }],
  });
});
