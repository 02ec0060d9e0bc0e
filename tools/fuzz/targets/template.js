/** Chat templates: parsed, and rendered within their budget. */
import { AttuneError } from '@attune/core';
import { TemplateSet } from '../../../packages/data/dist/chat/jinja/render.js';

const variables = JSON.stringify({
  messages: [
    { role: 'user', content: ' hi ' },
    { role: 'assistant', content: 'x' },
  ],
  add_generation_prompt: true,
  eos_token: '</s>',
});

export const target = {
  form: 'pieces',
  // Some take all of a budget, which is a second.
  share: 0.25,
  seeds: [
    '{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}{{ eos_token }}{% endfor %}',
    "{% if x is defined and x != 'a' %}{{ x | trim }}{% else %}y{% endif %}",
    '{% set x = messages[0] %}{{ x.content.strip() ~ x | tojson }}',
    '{% macro f(a, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}',
    '{% set ns = namespace(x=[1]) %}{% for i in range(9) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x | length }}',
    "{{ '%s %5d %.2f' % ('a', 1, 1.5) }}{{ messages | map(attribute='role') | join(', ') }}{{ [3, 1, 2] | sort }}",
    "{%- for a in messages | selectattr('role', 'equalto', 'user') -%}{{ loop.index }}{{ a.content[::-1] }}{%- endfor -%}",
  ],
  pieces: ['{%', '%}', '{{', '}}', '{#', '#}', '{%-', '-%}', ' for ', ' in ', 'm', 'messages', ' if ', ' else ', '{% endif %}', '{% endfor %}', '{% set x = ', ' = ', 'x', '.', '[', ']', '(', ')', "'", '"', '\\', '|', 'trim', 'tojson', 'length', 'role', 'content', 'loop', 'last', ' not ', ' and ', ' or ', ' is ', 'defined', '==', '+', '~', '*', '**', '//', '%', '-1', '0', '1', '99', '1000000000', ':', ',', '{', '}', '{% generation %}', '{% endgeneration %}', '{% macro f(x) %}', '{% endmacro %}', '{% call f() %}', '{% endcall %}', 'caller()', 'f(f(1))', 'namespace()', 'range(99999)', 'raise_exception', 'constructor', '__proto__', '__class__', 'prototype', '\n', ' ', 'text', '😀', '\0', '\ud800', 'break', 'continue', 'strip', '.replace("x", x)', '.split()', '.join(x)', ' * 1000000', '| batch(2)', '| groupby("role")', '| indent(99999)', '| center(99999)', '| format(1)', '| list', '| string', '| sort', '| unique', '| sum(start=[])', '| urlize', '| wordwrap(1)', '| striptags', 'strftime_now("%Y")', 'loop(messages)', 'recursive', '{% filter upper %}', '{% raw %}', 'self', 'dict(a=1)', '.items()', '.append(x)', '.update(x)'], // prettier-ignore
  read(source) {
    const outcome = new TemplateSet({ default: source }).render({ template: 'default', variables, now: 0 });
    if ('failure' in outcome) {
      if (typeof outcome.failure.message !== 'string') throw new Error('a failure without a reason');
      throw new AttuneError('TEMPLATE_FAILED', outcome.failure.message);
    }
    if (typeof outcome.text !== 'string') throw new Error('no text');
    if (/\[native|function \w*\(/.test(outcome.text))
      throw new Error(`what is no part of the language: ${outcome.text}`);
  },
};
