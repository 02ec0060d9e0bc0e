/** Chat templates, which are programs: bombs, and ways out of the language. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { edit, ESCAPES, makePipe, replace } from './files.js';

const doubled = (n, body) =>
  `{% set ns = namespace(x=${body}) %}{% for i in range(${n}) %}{% set ns.x = ns.x + ns.x %}{% endfor %}`;

const sources = {
  'a list that doubles 26 times': `${doubled(26, '[1]')}{{ ns.x | length }}`,
  'a list that doubles 60 times': `${doubled(60, '[1]')}{{ ns.x | length }}`,
  'a text that doubles 24 times, in capitals': `${doubled(24, "'x'")}{{ ns.x | upper }}`,
  'a text that doubles 40 times': `${doubled(40, "'x'")}{{ ns.x }}`,
  'a text that doubles by ~':
    "{% set ns = namespace(x='x') %}{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
  'a list that is printed': `${doubled(20, '[1]')}{{ ns.x }}`,
  'a list as JSON': `${doubled(22, '[1]')}{{ ns.x | tojson }}`,
  'a dictionary that nests':
    "{% set ns = namespace(x={}) %}{% for i in range(100000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}{{ ns.x | tojson }}",
  'a list that nests':
    '{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}',
  'a list that branches':
    '{% set ns = namespace(x=[1]) %}{% for i in range(50) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}',
  'a list that branches, as JSON':
    '{% set ns = namespace(x=[1]) %}{% for i in range(50) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}',
  'lists that branch, compared':
    '{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(50) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}',
  'a list that holds itself': '{% set x = [] %}{{ x.append(x) }}{{ x }}',
  'a range of 10^9': '{% for i in range(1000000000) %}{% endfor %}',
  'a range of 10^9 as a list': '{{ range(1000000000) | list | length }}',
  'a range of 10^18': '{{ range(1000000000000000000) | length }}',
  // Rendered several times for each row, and as a template of a model writes it.
  'steps that are nearly used up':
    '{% for i in range(99999) %}{% set x = i %}{% endfor %}{% for m in messages %}<{{ m.role }}>{{ m.content }}<|endoftext|>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}',
  'ranges in ranges':
    '{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}{% endfor %}{% endfor %}{% endfor %}',
  'a text times 10^9': "{{ 'x' * 1000000000 }}",
  'a list times 10^9': '{{ ([1] * 1000000000) | length }}',
  'a power of powers': '{{ 9 ** 9 ** 9 }}',
  'numbers of many digits':
    '{% set ns = namespace(x=10) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}',
  'a macro that calls itself': '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}',
  'a macro that calls itself twice':
    '{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}x{% endmacro %}{{ f(60) }}',
  'a macro of its caller':
    '{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}{% call f() %}x{% endcall %}{% endcall %}',
  'a loop that recurses': '{% for m in [messages] recursive %}{{ loop([messages]) }}{% endfor %}',
  'a width of 10^9': "{{ '%1000000000d' | format(1) }}",
  'a width of 10^9 by %': "{{ '%1000000000d' % 1 }}",
  'a precision of 10^9': "{{ '%.1000000000f' | format(1.5) }}",
  'a width of 10^9 in braces': "{{ '{:>1000000000}'.format(1) }}",
  'an indent of 10^9': "{{ 'a\nb' | indent(1000000000) }}",
  'an indent of JSON of 10^9': '{{ [1, 2] | tojson(indent=1000000000) }}',
  'centred in 10^9': "{{ 'a' | center(1000000000) }}",
  'ljust to 10^9': "{{ 'a'.ljust(1000000000) }}",
  'zeros to 10^9': "{{ 'a'.zfill(1000000000) }}",
  'tabs of 10^9': "{{ '\t'.expandtabs(1000000000) }}",
  'batches of 10^9': "{{ [1] | batch(1000000000, 'x') | list | length }}",
  'replacing that grows': `${doubled(16, "'x'")}{{ ns.x.replace('x', ns.x) }}`,
  'the filter of replacing that grows': `${doubled(16, "'x'")}{{ ns.x | replace('x', ns.x) }}`,
  'splitting that grows': `${doubled(22, "'x '")}{{ ns.x.split() | length }}`,
  'joining that grows': `${doubled(16, "'x'")}{{ ns.x | join(ns.x) }}`,
  'urls in a long text': `${doubled(18, "'a@'")}{{ ns.x | urlize }}`,
  'words wrapped': `${doubled(20, "'x '")}{{ ns.x | wordwrap(1) }}`,
  'a long text in a long text': `${doubled(17, "'a'")}{% for i in range(1000) %}{{ (ns.x ~ 'b') in ns.x }}{% endfor %}`,
  'tags to strip': `${doubled(18, "'<a'")}{{ ns.x | striptags }}`,
  'sorting a long list': `${doubled(20, '[3, 1, 2]')}{{ ns.x | sort | first }}`,
  'unique of a long list': '{{ range(300000) | unique | list | length }}',
  'grouping a long list': '{{ range(300000) | groupby(0) | list | length }}',
  'sums of lists': '{{ ([[1]] * 100000) | sum(start=[]) | length }}',
  'a million statements': '{% if x %}'.repeat(20_000) + '{% endif %}'.repeat(20_000),
  'parentheses, 100,000 deep': `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`,
  'nots, 100,000 of them': `{{ ${'not '.repeat(100_000)}x }}`,
  'filters, 100,000 of them': `{{ x${' | trim'.repeat(100_000)} }}`,
  'attributes, 100,000 of them': `{{ x${'.a'.repeat(100_000)} }}`,
  'sums, 100,000 of them': `{{ 1${' + 1'.repeat(100_000)} }}`,
  'a source of 20 MB': `{{ 1 }}${'x'.repeat(20_000_000)}`,
  'a source of 5 MB of expressions': '{{ m }}'.repeat(700_000),
  'a comment that does not end': '{#'.repeat(500_000),
  'braces that do not end': '{{'.repeat(500_000),
  "Python's way out": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
  "JavaScript's way out": "{{ messages.constructor.constructor('return process')().exit(7) }}",
  "a macro's way out": "{% macro f() %}{% endmacro %}{{ f.constructor('return process')() }}",
  "a filter's way out": "{{ 'constructor' | attr('constructor') }}{{ messages | attr('__proto__') }}",
  'a map to the constructor': "{{ messages | map(attribute='constructor.constructor') | list }}",
  "a namespace's prototype":
    "{% set ns = namespace() %}{% set ns.__proto__ = {'polluted': 1} %}{{ ns.polluted }}",
  "a dictionary's prototype": "{% set d = {'__proto__': {'polluted': 1}} %}{{ d.polluted }}{{ {}.polluted }}",
  globals: '{{ globalThis }}{{ process }}{{ require }}{{ this }}{{ self }}{{ import }}',
  including: "{% include '/etc/passwd' %}",
  importing: "{% import '/etc/passwd' as x %}{{ x }}",
  extending: "{% extends '/etc/passwd' %}",
  'an error of escapes': `{{ raise_exception(${JSON.stringify(ESCAPES)}) }}`,
  'an error of 10 MB': `${doubled(23, "'x'")}{{ raise_exception(ns.x) }}`,
  'escapes that are printed': `${ESCAPES}{% for m in messages %}{{ m.content }}${ESCAPES}{% endfor %}`,
  'a name of escapes': `{{ x | ${ESCAPES} }}`,
  'an unknown filter of 10 MB': `{{ x | ${'y'.repeat(10_000_000)} }}`,
  'a time of 10^6 places': `{{ strftime_now('${'%Y'.repeat(1_000_000)}') }}`,
  'a template without messages': 'x',
  'an empty one': '',
};

const asFile =
  (source) =>
  ({ work }) =>
    writeFileSync(join(work, 'model', 'chat_template.jinja'), source);

export const templates = {
  family: 'template',
  commands: ['inspect', 'chat', 'finetune', 'inspect as a page', 'evaluate'],
  cases: [
    ...Object.entries(sources).map(([name, source]) => ({
      name,
      write: (places) => {
        asFile(source)(places);
        // A template is asked only for conversations.
        const row = {
          messages: [
            { role: 'user', content: 'Hi' },
            { role: 'assistant', content: 'Hello' },
          ],
        };
        writeFileSync(join(places.work, 'rows.jsonl'), `${JSON.stringify(row)}\n`.repeat(3));
      },
    })),
    { name: 'a pipe', write: ({ work }) => replace(join(work, 'model', 'chat_template.jinja'), makePipe) },
    {
      name: 'a list of 100,000 of them',
      write: ({ work }) =>
        edit(join(work, 'model', 'tokenizer_config.json'), (document) => ({
          ...document,
          chat_template: Array.from({ length: 100_000 }, (_, i) => ({ name: `t${i}`, template: '{{ x }}' })),
        })),
    },
    {
      name: 'names of the prototype',
      write: ({ work }) =>
        edit(join(work, 'model', 'tokenizer_config.json'), (document) => ({
          ...document,
          chat_template: [{ name: '__proto__', template: 'x' }, { name: null, template: [] }, null, 5],
        })),
    },
  ],
};
