import type { Rendering } from './evaluate/rendering.js';
import { TemplateSet, type RenderFailure } from './render.js';

const NOW = new Date(2026, 6, 4, 9, 5, 3).getTime();

function outcome(template: string, variables: Readonly<Record<string, unknown>> = {}) {
  return new TemplateSet({ default: template }).render({
    template: 'default',
    variables: JSON.stringify(variables),
    now: NOW,
  });
}

function text(template: string, variables?: Readonly<Record<string, unknown>>): string {
  const result = outcome(template, variables);
  if ('failure' in result) throw new Error(result.failure.message);
  return result.text;
}

function failure(template: string, variables?: Readonly<Record<string, unknown>>): RenderFailure {
  return (outcome(template, variables) as { failure: RenderFailure }).failure;
}

describe('templates', () => {
  it("take white space around blocks as transformers' environment does", () => {
    expect(text('{% for x in [1, 2] %}\n  {% if x %}\n{{ x }}\n  {% endif %}\n{% endfor %}\n')).toBe(
      '1\n2\n',
    );
  });

  it("strip as Python's strings do, not as JavaScript's", () => {
    expect(text("{{ x.strip('\\n') }}|{{ x.lstrip('\\n') }}|{{ x.rstrip('\\n') }}", { x: '\n a \n' })).toBe(
      ' a | a \n|\n a ',
    );
    expect(text('{{ x.strip() }}|{{ x | trim }}', { x: '\x85\x1c\ufeff a\u3000' })).toBe('\ufeff a|\ufeff a');
    expect(text("{{ 'aXA'.capitalize() }}{{ 'éa' | capitalize }}{{ '' | capitalize }}")).toBe('AxaÉa');
    expect(text("{{ '😀a😀'.strip('😀') }}")).toBe('a');
    expect(text("{{ x.split('\\n')[-1].strip().upper() }}", { x: 'a\n b ' })).toBe('B');
  });

  // Texts and failures as Jinja2 3.1.6 on Python 3.11 has them.
  it("know letters and arguments as Python's methods do", () => {
    expect(text("{{ 'ªb'.title() }}{{ 'ΑΣ'.title() }}{{ 'ΑΣ' | title }}")).toBe('ªbΑςΑσ');
    expect(text("{{ 'ⅷ'.islower() }}{{ 'ª' is lower }}{{ 'Ⅷ'.isupper() }}")).toBe('TrueTrueTrue');
    expect(text('{{ x | title }}', { x: 'a\x1cb\ufeffc' })).toBe('A\x1cB\ufeffc');
    expect(text("{{ 'a b'.split(maxsplit=1) }}")).toBe("['a', 'b']");
    for (const call of [
      "'a'.strip(chars='a')",
      "'a'.find(sub='a')",
      "{'a': 1}.get(key='a')",
      '[1].index(value=1)',
    ])
      expect(failure(`{{ ${call} }}`).message).toContain('takes no keyword arguments');
    expect(failure("{{ '{}{0}'.format(1) }}").message).toContain('with and without numbers');
    expect(failure('{{ 10 ** 4000 * 10 ** 300 }}').message).toContain('4300 digits');
    expect(failure('{{ x }}\ufeff{{ \ufeffx }}').line).toBe(1);
  });

  it('compare as Python does, to which an empty text is not false', () => {
    expect(text("{{ '' == false }}{{ '1' == 1 }}{{ none == x }}{{ x != none }}")).toBe('FalseFalseFalseTrue');
    expect(text("{{ 1 == true }}{{ 1.0 == 1 }}{{ x == y }}{{ 'a' == 'a' }}{{ 'a' != 'b' }}")).toBe(
      'TrueTrueTrueTrueTrue',
    );
    expect(text("{{ [1, {'a': [2]}] == [1, {'a': [2]}] }}{{ {'a': 1} == {'a': 2} }}{{ [] != [1] }}")).toBe(
      'TrueFalseTrue',
    );
  });

  it('tell the time', () => {
    expect(text("{{ strftime_now('%d %B %Y %H:%M:%S') }}")).toBe('04 July 2026 09:05:03');
    expect(text("{{ strftime_now('%a %A %b %-d %-m %y %I %p %%') }}")).toBe(
      'Sat Saturday Jul 4 7 26 09 AM %',
    );
    expect(failure("{{ strftime_now('%Q') }}").message).toContain('%Q');
  });

  it('count like Python', () => {
    expect(
      text(
        '{{ range(3) | list }}{{ range(1, 7, 2) | list }}{{ range(3, 0, -1) | list }}{{ range(0) | list }}',
      ),
    ).toBe('[0, 1, 2][1, 3, 5][3, 2, 1][]');
  });

  it('write JSON like transformers', () => {
    expect(text('{{ x | tojson }}', { x: { a: [1, 'é<'], b: null } })).toBe('{"a": [1, "é<"], "b": null}');
    expect(text('{{ x | tojson(indent=2) }}', { x: { a: [] } })).toBe('{\n  "a": []\n}');
  });

  it('mark what is generated', () => {
    const marks = (template: string, variables = {}) => (outcome(template, variables) as Rendering).marks;
    expect(marks('a{% generation %}bc{% endgeneration %}d')).toEqual([{ start: 1, end: 3 }]);
    const loop = '{% for x in y %}\n{{ x }}:{%- generation -%} {{ x }} {%- endgeneration -%}\n{% endfor %}';
    expect(text(loop, { y: ['a', 'bb'] })).toBe('a:abb:bb');
    expect(marks(loop, { y: ['a', 'bb'] })).toEqual([
      { start: 2, end: 3 },
      { start: 6, end: 8 },
    ]);
    expect(marks('{% generation %}{{ x }}{% endgeneration %}', { x: '\ufdd00\ufdd2' })).toEqual([
      { start: 0, end: 3 },
    ]);
    // A block of its own scope, as in transformers.
    expect(text('{% set a = 1 %}{% generation %}{% set a = 2 %}{{ a }}{% endgeneration %}{{ a }}')).toBe(
      '21',
    );
  });
});

describe('a template that is wrong', () => {
  it.each([
    ['{{ a }}\n{% if %}', 2],
    ["line\n{# {{ #}\n{{ '{{' }}\n{% frobnicate %}", 4],
    ['{% for x in y %}\n\n{{ x }}', 3],
    ["{{ 1 }}\n\n{{ 'open }}", 3],
    ['a\n{{ x | unheard_of }}', 2],
    ["{%- set m = 1 -%}\n\n{{ {'a': {'b': 1}} | length }}\n{{ m.strip() }}", 4],
    ['{% macro f(x) %}\n{{ x }}\n{% endmacro %}\n\n{{ f(1) + g(2) }}', 5],
  ])('says in which line: %j', (template, line) => {
    expect(failure(template)).toMatchObject({ line, refused: false });
  });

  it('says in which line it refuses what it was given', () => {
    const template = "{% if x %}\n{{ raise_exception('No ' ~ x ~ ' here') }}\n{% endif %}";
    expect(failure(template, { x: 'tools' })).toEqual({ message: 'No tools here', line: 2, refused: true });
  });

  it('is found to be so every time', () => {
    const set = new TemplateSet({ default: '{% if %}' });
    const job = { template: 'default', variables: '{}', now: NOW };
    expect(set.render(job)).toEqual(set.render(job));
  });
});

describe('a hostile template', () => {
  it.each([
    "{{ ''.constructor }}",
    "{{ ''.constructor.constructor('return process')() }}",
    '{{ x.__proto__.polluted }}',
    "{{ x['__proto__'] }}",
    "{{ x['constructor'] }}",
    '{{ range.constructor }}',
    '{{ raise_exception.prototype }}',
    '{{ namespace().__proto__ }}',
    '{{ process }}{{ globalThis }}{{ require }}{{ import }}',
    "{{ [].constructor }}{{ (1).constructor }}{{ true['__class__'] }}",
  ])('finds nothing of the host: %s', (template) => {
    const result = outcome(template, { x: { a: 1 } });
    expect('failure' in result ? '' : result.text).toBe('');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('cannot set what it was not given', () => {
    const variables = JSON.parse('{"x": {"__proto__": {"polluted": 1}}}') as Record<string, unknown>;
    expect(
      text(
        "{% set ns = namespace(a=1) %}{% set ns.__proto__ = {'polluted': 1} %}{{ x.__proto__.polluted }}",
        variables,
      ),
    ).toBe('1');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['{{ range(10**9) }}', 'Range too big'],
    ['{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}', 'macros call each other'],
    [
      '{% set n = namespace(x=[1]) %}{% for i in range(26) %}{% set n.x = n.x + n.x %}{% endfor %}',
      'bytes of memory',
    ],
    [
      "{% set n = namespace(x='ab') %}{% for i in range(24) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x | upper }}",
      'characters',
    ],
    [
      "{% set n = namespace(x='ab') %}{% for i in range(23) %}{% set n.x = n.x ~ n.x %}{% endfor %}{% for i in range(99) %}{{ n.x | upper | length }}{% endfor %}",
      'bytes of memory',
    ],
    ["{{ 'x' * 10 ** 9 }}", 'characters'],
    ['{{ [1] * 10 ** 9 }}', 'bytes of memory'],
    ['{{ (10 ** 999) ** 999 }}', 'bits'],
    ['{{ 9 ** (10 ** 9) }}', 'bits'],
    ["{{ ('%(' * 10 ** 6) % 1 }}", 'not supported'],
    ["{{ (('1' * 10 ** 6) ~ 'e') | float }}", 'not supported'],
    ["{{ 'a'.center(10 ** 9) }}", 'characters'],
    ["{{ 'a'.replace('', 'x' * 10 ** 5) }}{{ ('a' * 10 ** 5).replace('a', 'x' * 10 ** 6) }}", 'characters'],
    [
      "{{ '%s' % ('x' * 10 ** 6) }}{% for i in range(99) %}{{ 'x' * 10 ** 6 }}{% endfor %}",
      'bytes of memory',
    ],
    ['{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}', 'steps'],
    [
      "{{ ('a,' * 10 ** 6).split(',') | length }}{% for i in range(99) %}{{ ('a,' * 10 ** 6).split(',') | length }}{% endfor %}",
      'bytes of memory',
    ],
    [
      '{% set n = namespace(x=[]) %}{% for i in range(400) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}',
      'bytes of memory',
    ],
    [
      '{% set n = namespace(x=[]) %}{% for i in range(400) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x | tojson }}',
      'bytes of memory',
    ],
    [
      '{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}',
      'deep',
    ],
    ["{{ ('\\n' * 3000000).splitlines() }}", 'bytes of memory'],
    ["{{ ('a ' * 3000000).split() }}", 'bytes of memory'],
    ["{{ ('b' + 'a' * 1000000) in 'a' * 3000000 }}", 'steps'],
    ["{% set t = 'a' * 3000000 %}{{ t.rfind('a' * 1000000 + 'b') }}", 'steps'],
    ["{{ ('a' * 2000000).startswith(('a' * 1000000 + 'b',) * 100000) }}", 'steps'],
    ["{{ (['A' * 1000000] * 3000) | sort }}", 'bytes of memory'],
    ["{{ (['A' * 1000000] * 3000) | unique | list }}", 'bytes of memory'],
    ["{% set x = '1' * 3000000 %}{% for i in range(99999) %}{{ x is lower }}{% endfor %}", 'bytes of memory'],
    ["{{ ('%.1s' * 1000) % (('a' * 3000000,) * 1000) }}", 'bytes of memory'],
    ["{{ [1] | map(attribute='.' * 3000000, default='x') | list }}", 'bytes of memory'],
    ["{{ ([1] * 60) | tojson(separators=('a' * 4000000, 'b')) }}", 'characters'],
    [
      "{% set f = '%Y' * 300000 %}{% for i in range(99999) %}{% set t = strftime_now(f) %}{% endfor %}",
      'bytes of memory',
    ],
    [
      '{% set d = dict(range(99998) | batch(2)) %}{% for i in range(99999) %}{% set e = dict(d) %}{% endfor %}',
      'bytes of memory',
    ],
    ['{% set x = 10 ** 2400 %}{% for i in range(99999) %}{% set y = x * x %}{% endfor %}', 'steps'],
    [
      `{% macro f(${Array.from({ length: 9999 }, (_, i) => `a${i}`).join()}) %}{% endmacro %}{% for i in range(99999) %}{{ f() }}{% endfor %}`,
      'bytes of memory',
    ],
    [`{{ ${'9'.repeat(200_000)} }}`, '4300 digits'],
    [`{{ ${'1 or '.repeat(200_000)}1 }}`, ''],
    [`${'{% if 1 %}'.repeat(9999)}`, 'deep'],
    [`{{ x${'.a'.repeat(9999)} }}`, 'in a row'],
    [`${'('.repeat(100_000)}`, undefined],
    [`{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`, 'deep'],
  ])('is stopped by its own failure', (template, message) => {
    const result = outcome(template);
    if (message === undefined) expect(result).toEqual({ text: template, marks: [] });
    else expect(result).toMatchObject({ failure: { message: expect.stringContaining(message) } });
  });

  // Each of these would take minutes to hours if its cost grew with the square of what it holds.
  it.each([
    ["{% for i in range(99999) | map('string') %}{{ '' if loop.length }}{% endfor %}", ''],
    [
      '{% set d = dict(range(99998) | batch(2)) %}{% for i in range(9999) %}{% for k in d %}{% break %}{% endfor %}{% endfor %}',
      '',
    ],
    ['{{ dict(range(0, 2 ** 64 * 99998, 2 ** 64) | batch(2)) | length }}', '49999'],
    [`{% for i in range(99999) %}{% macro f() %}${'{{ a }}'.repeat(9999)}{% endmacro %}{% endfor %}`, ''],
  ])('costs no more than its steps', (template, expected) => {
    expect(text(template)).toBe(expected);
  });

  it('has one reserve for all its renderings, beyond what their input calls for', () => {
    const source =
      "{% if x == 'a' %}{% for i in range(99999) %}{{ i }}{% endfor %}{% endif %}{% for c in x %}{{ c }}{% endfor %}";
    const set = new TemplateSet({ default: source });
    const render = (x: string) =>
      set.render({ template: 'default', variables: JSON.stringify({ x }), now: NOW });
    const outcomes = Array.from({ length: 40 }, () => render('a'));
    const rendered = outcomes.findIndex((each) => 'failure' in each);
    expect(rendered).toBeGreaterThan(2);
    expect(rendered).toBeLessThan(20);
    // Each takes little time from then on.
    expect(outcomes.slice(rendered).every((each) => 'failure' in each)).toBe(true);
    for (const x of ['b', 'b'.repeat(100_000)]) expect(render(x)).toEqual({ text: x, marks: [] });
  });
});
