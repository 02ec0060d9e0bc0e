import { isAttuneError, Random } from '@attune/core';
import { TemplateSet } from './jinja/render.js';
import { readSpecialTokens, templateSources } from './index.js';

/** Text or a failure that says why: nothing is thrown, and nothing is found that does not belong to the conversation. */
test('whatever stands in a template, it is rendered or says why not', () => {
  const pieces = [
    '{%', '%}', '{{', '}}', '{#', '#}', '{%-', '-%}', ' for ', ' in ', 'm', 'messages', ' if ', ' else ', 'endif', 'endfor', ' set ',
    ' = ', 'x', '.', '[', ']', '(', ')', "'", '"', '\\', '|', 'trim', 'tojson', 'length', 'role', 'content', 'loop', 'last', ' not ',
    ' and ', ' or ', ' is ', 'defined', '==', '+', '~', '-1', '0', '1', ':', ',', '{', '}', 'generation', 'endgeneration', 'macro ',
    'endmacro', 'call ', 'endcall', 'caller()', 'namespace()', 'raise_exception', 'constructor', '__proto__', 'prototype', '\n', ' ',
    'text', '😀', '\u0000', '\ufdd00\ufdd2', 'break', 'continue', '*', '**', 'strip', "strip('x')",
  ]; // prettier-ignore
  const wholes = [
    '{% for m in messages %}{{ m.role }}{% endfor %}',
    "{% if x is defined and x != 'a' %}{{ x | trim }}{% else %}y{% endif %}",
    '{% set x = messages[0] %}{{ x.content.strip() ~ x | tojson }}',
    '{% generation %}{{ m }}{% endgeneration %}',
    '{% macro f(a, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}',
  ];
  const random = new Random(5);
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const messages = [{ role: 'user', content: ' hi ', ['__proto__']: 1 }];
  let rendered = 0;
  for (let n = 0; n < 800; n++) {
    let source = random.integer(2) ? pick(wholes) : '';
    for (let i = random.integer(12); i > 0; i--) {
      const [at, cut] = [random.integer(source.length + 1), random.integer(3) ? 0 : random.integer(6)];
      source = source.slice(0, at) + pick(pieces) + source.slice(at + cut);
    }
    const outcome = new TemplateSet({ default: source }).render({
      template: 'default',
      variables: JSON.stringify({ messages }),
      now: 0,
    });
    if ('failure' in outcome) expect([source, outcome.failure.message]).toEqual([source, expect.any(String)]);
    else {
      rendered++;
      expect([source, typeof outcome.text]).toEqual([source, 'string']);
      expect(outcome.text).not.toMatch(/function|\[native|process/);
      for (const { start, end } of outcome.marks)
        expect(start <= end && end <= outcome.text.length).toBe(true);
    }
  }
  expect(rendered).toBeGreaterThan(100);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each<[string, unknown, string | undefined]>([
  ['a long template', { chat_template: 'x'.repeat(2 ** 18 + 1) }, undefined],
  ['a long template of its own file', {}, 'x'.repeat(2 ** 18 + 1)],
  [
    'many templates',
    { chat_template: Array.from({ length: 65 }, (_, i) => ({ name: `${i || 'default'}`, template: 'x' })) },
    undefined,
  ],
])('%s is not read', (_, config, jinja) => {
  expect(() => templateSources(config, jinja)).toThrow(expect.objectContaining({ code: 'FILE_CORRUPT' }));
});

test('a long template is not parsed either where nothing was read', () => {
  const set = new TemplateSet({ default: 'x'.repeat(2 ** 18 + 1) });
  expect(set.render({ template: 'default', variables: '{}', now: 0 })).toMatchObject({
    failure: { message: 'it has more than 262144 characters' },
  });
});

test('whatever stands in the files that name special tokens, it is read or refused', () => {
  const random = new Random(6);
  const names = ['bos_token', 'eos_token', 'pad_token', 'content', 'id', 'special', 'added_tokens', 'model', 'vocab', 'type', 'single',
    'special_tokens', 'SpecialToken', 'ids', 'post_processor', 'processors', 'cls', 'add_bos_token', 'eos_token_id', 'chat_template',
    'name', 'template', 'extra_special_tokens', 'added_tokens_decoder', '__proto__', 'constructor']; // prettier-ignore
  const leaves = [
    null,
    true,
    0,
    -1,
    7,
    1e300,
    'a',
    '',
    '<s>',
    'Sequence',
    'TemplateProcessing',
    'BertProcessing',
    'default',
  ];
  const value = (depth: number): unknown => {
    const kind = random.integer(depth > 3 ? 1 : 3);
    if (kind === 0) return leaves[random.integer(leaves.length)];
    const items = Array.from({ length: random.integer(5) }, () => value(depth + 1));
    return kind === 1
      ? items
      : Object.fromEntries(items.map((item) => [names[random.integer(names.length)], item]));
  };
  const tries = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      if (!isAttuneError(error)) throw error;
    }
  };
  for (let n = 0; n < 800; n++) {
    const [tokenizerJson, tokenizerConfig, specialTokensMap, generationConfig, config] = Array.from(
      { length: 5 },
      () => value(0),
    );
    tries(() =>
      readSpecialTokens({ tokenizerJson, tokenizerConfig, specialTokensMap, generationConfig, config }),
    );
    tries(() => templateSources(tokenizerConfig));
  }
});
