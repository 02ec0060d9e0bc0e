"""Writes the `jinja` fixture: what Jinja2 makes of expressions and of templates, in the environment of transformers.

`grid.json` has patterns and the values that are put in for X (and Y): each operator, filter, test and method on values of
every type. `statements.json` has whole templates. `families.json` has templates that render tools and calls of tools in the
format of model families (`chat_templates/tools/*.jinja`, and those of the `chat_templates` fixture), each with
conversations that hold numbers, texts and lists of all kinds.

A result is a text; or 0, where Jinja2 raises; or 1, where the text holds an address, as that of a generator does. The
variables are JSON texts, so that a reader sees each number as it is written.
"""

import itertools
import json
import re
import warnings
from pathlib import Path

import jinja2
import transformers
from transformers.utils.chat_template_utils import _compile_jinja_template

from fixtures import folder, versions, write_json

warnings.simplefilter("ignore")

VARIABLES = """{"m": {"role": "user", "content": "Hi", "n": 12345678901234567890, "items": [1, 2], "get": "got", "f": 20.0,
 "big": 1e20, "small": 1.5e-7, "none": null, "yes": true, "10": "ten", "2": "two", "__class__x": 1},
 "rows": [{"a": 2, "b": "y"}, {"a": 1, "b": "X"}, {"a": 2, "b": "z", "c": null}],
 "s": "  A\\u00e9 \\ud83d\\ude42 b\\n", "words": ["b", "A", "c", "a"], "empty": {}, "nothing": null}"""

# One of each type, and those that differ between languages.
VALUES = [
    "1", "-7", "0", "3", "2.0", "-2.5", "1e20", "9007199254740993", "true", "false", "none", "'a'", "''", "'🙂a'", "'12'",
    "' x '", "[1, 'a']", "[]", "{'a': 1}", "{}", "(1, 2)", "missing", "m.n", "m.f", "range(3)", "words", "m.get",
]  # fmt: skip
# Fewer of them for pairs.
PAIRED = [
    "1", "-7", "0", "2.0", "1e20", "9007199254740993", "true", "none", "'a'", "''", "'🙂a'", "[1, 'a']", "[]", "{'a': 1}",
    "(1, 2)", "missing", "range(3)",
]  # fmt: skip
OPERATORS = [
    "+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or",
]  # fmt: skip
FILTERS = [
    "abs", "attr('upper')", "attr('a')", "batch(2) | list", "capitalize", "count", "d('z')", "default('z')", "default('z', true)",
    "default(none)", "dictsort", "e", "escape", "first", "float", "float(7)", "groupby('a')", "indent", "indent(2, true)", "int",
    "int(7)", "items", "items | list", "join", "join(', ')", "last", "length", "list", "lower", "map('upper') | list",
    "map('string') | join('-')", "map('nothing') | list", "map(attribute='a') | list", "max", "min", "reject | list",
    "rejectattr('a') | list", "replace('a', 'b')", "replace('', '-')", "reverse", "reverse | list", "round", "round(1)", "safe",
    "select | list", "select('string') | list", "select('odd') | list", "selectattr('a', 'eq', 1) | list", "sort",
    "sort(reverse=true)", "string", "string | length", "sum", "title", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)",
    "tojson(separators=(',', ':'))", "tojson(sort_keys=true)", "trim", "trim('a ')", "unique | list", "upper", "nonsense",
    "length(1)", "first | upper", "select", "map('upper')", "list | length",
]  # fmt: skip
TESTS = [
    "boolean", "callable", "defined", "divisibleby 2", "even", "odd", "escaped", "false", "true", "float", "integer", "number",
    "string", "mapping", "sequence", "iterable", "none", "undefined", "lower", "upper", "in [1, 'a', none]", "eq 1", "ne 1",
    "sameas none", "sameas true", "gt 1", "lt 'b'", "not defined", "nonsense", "equalto 'a'",
]  # fmt: skip
OTHERS = [
    "{{ X }}", "{{ [X] }}", "{{ {'k': X} }}", "{{ (X,) }}", "{{ -X }}", "{{ +X }}", "{{ not X }}", "{{ X[0] }}", "{{ X[-1] }}",
    "{{ X[1:] }}", "{{ X[::-1] }}", "{{ X[:2] }}", "{{ X[:-1] }}", "{{ X[::2] }}", "{{ X['a'] }}", "{{ X.a }}", "{{ X.a.b }}",
    "{{ X.items }}", "{{ X.items() }}", "{{ X.keys() | list }}", "{{ X.get('a', 0) }}", "{{ X() }}", "{{ X.upper() }}",
    "{{ X['upper'] is defined }}", "{{ X.__class__ }}", "{{ X.append }}", "{{ X.append(1) }}", "{{ X if X else 'no' }}",
    "{{ 'yes' if X }}", "{% for i in X %}{{ i }},{% else %}none{% endfor %}", "{% for i in X %}{{ loop.index }}/{{ loop.length }} {% endfor %}",
    "{% for a, b in X %}{{ a }}{% endfor %}", "{% if X %}1{% else %}0{% endif %}", "{% set a, b = X %}{{ b }}", "{{ {X: 1} }}",
    "{{ X ** 2 }}", "{{ '%s' % X }}", "{{ '%d' % X }}", "{{ '{}'.format(X) }}", "{{ ','.join(X) }}",
    "{{ dict(a=X) }}", "{{ [X] | tojson }}", "{{ {'é': X} | tojson }}", "{{ X == X }}", "{{ [X] == [X] }}", "{{ 'a' in X }}",
    "{{ 1 in X }}", "{{ 1 < X < 5 }}", "{{ raise_exception(X) }}", "{{ namespace(a=X).a }}", "{{ X ~ X }}", "{{ 'ab' * X }}",
    "{{ 'abc'[X] }}", "{{ words[X] }}", "{{ m[X] }}", "{{ words[:X] }}", "{{ range(X) | list }}", "{{ X.real }}", "{{ 'a' ~ X }}",
    "{{ 'text: ' + X }}", "{{ X | string + 'a' }}", "{{ (X | tojson) + 'a' }}", "{{ X.index('a') }}", "{{ X.count('a') }}",
]  # fmt: skip
TEXTS = ["s", "'a,b,,c'", "'  a b\\tc '", "'Straße'", "'🙂x🙂'", "''", "'aXbXc'", "'ab\\ncd\\r\\n\\nef'", "'123'", "'\\u2028 \\x85'"]
METHODS = [
    "upper()", "lower()", "capitalize()", "title()", "strip()", "lstrip()", "rstrip()", "strip('a ')", "split()", "split(',')",
    "split('X', 1)", "rsplit('X', 1)", "split(none, 1)", "rsplit(none, 1)", "splitlines()", "splitlines(true)",
    "startswith('a')", "endswith(('c', 'b'))", "startswith('b', 1)", "find('X')", "rfind('X')", "index('X')", "count('X')",
    "count('')", "replace('X', '-')", "replace('X', '-', 1)", "replace('', '-')", "partition('X')", "rpartition('X')",
    "removeprefix('a')", "removesuffix('c')", "isdigit()", "isalpha()", "isalnum()", "isspace()", "isupper()", "islower()",
    "zfill(7)", "center(9)", "center(8, '*')", "ljust(7)", "rjust(7)", "join(['1', '2'])", "encode()", "nothing", "nothing()",
    "upper(1)", "__len__()", "swapcase()", "isascii()",
]  # fmt: skip
GRIDS = {
    "operators": ([f"{{{{ X {operator} Y }}}}" for operator in OPERATORS], [PAIRED, PAIRED]),
    "filters": ([f"{{{{ X | {name} }}}}" for name in FILTERS], [VALUES]),
    "tests": ([f"{{{{ X is {name} }}}}" for name in TESTS], [VALUES]),
    "others": (OTHERS, [VALUES]),
    "methods": ([f"{{{{ X.{name} }}}}" for name in METHODS], [TEXTS]),
    "filters of texts": ([f"{{{{ X | {name} }}}}" for name in FILTERS], [TEXTS]),
    "lists of dicts": (
        [
            f"{{{{ X | {name} }}}}"
            for name in [
                "map(attribute='b') | list", "map(attribute='c', default='-') | list", "map(attribute='x.y') | list",
                "selectattr('a', 'equalto', 2) | list", "selectattr('c') | list", "selectattr('c', 'defined') | list",
                "rejectattr('c', 'undefined') | list", "selectattr('a', '>', 1) | map(attribute='b') | join",
                "sort(attribute='b') | tojson", "sort(attribute='b', case_sensitive=true) | tojson", "groupby('a')",
                "sum(attribute='a')", "unique(attribute='b') | list", "min(attribute='a')", "max(attribute='b')", "join('|', 'b')",
                "join('|', attribute='a')", "map('length') | list", "map('tojson') | join('\\n')", "selectattr | list", "first",
                "last", "map | list", "map(attribute='a') | sum", "map('attr', 'a') | list", "select('mapping') | list | length",
                "rejectattr('b', 'in', ['y']) | list | length", "dictsort", "list == X", "tojson(indent='>')",
            ]
        ],
        [["rows", "m", "words", "[m]"]],
    ),
}  # fmt: skip

STATEMENTS = [
    "{% for x in [1, 2] %}\n  {% if x %}\n{{ x }}\n  {% endif %}\n{% endfor %}\n",
    "a\n  {%- set x = 1 -%}  \n b{{- x -}} \n c",
    "a\n  {% set x = 1 %}  \n b {{ x }} \n c\n\n",
    "a {# note #}\nb\n  {# note #}\nc{#- note -#}\n d",
    "{%+ if true %}x{% endif +%}\ny",
    "  {%+ if true %}x{%+ endif %}\ny",
    "a\n\t{% raw %}\n{{ x }} {% y %}\n{% endraw %}\nb{%- raw -%} {{ z }} {%- endraw -%} c",
    "{{ 'a\\tb\\x41\\u00e9\\'\\q\\\\' }}{{ \"it's\" }}{{ ['it\\'s', '\"', '\\n\\x00é\\u200b\\U0001F642'] }}",
    "{{ 1_000 }} {{ 0x1F }} {{ 0b11 }} {{ 1.5e3 }} {{ 1e-7 }} {{ 1.0 }} {{ 100000000000000000000 }} {{ 1e16 }} {{ 123456789012345.0 }}",
    "{{ 0.1 + 0.2 }} {{ 1e15 }} {{ 1e16 }} {{ 0.0001 }} {{ 0.00001 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }} {{ -0.0 }} {{ 2.5e22 }}",
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2 ** 10 }} {{ 2 ** 3 ** 2 }} {{ 7 / 2 }} {{ 6 / 2 }}",
    "{{ -2 ** 2 }} {{ 2 * 3 + 4 ~ 5 }} {{ 1 + 2 ~ 3 + 4 }} {{ not 1 == 2 }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1 in [1] }}",
    "{{ 'a' 'b' }} {{ 'a' ~ 1 ~ none ~ true }} {{ true and 'x' or 'y' }} {{ '' or 0 or 'z' }} {{ 1 and '' }} {{ true + true }}",
    "{{ 1 if false }}|{{ (1 if false) is undefined }}|{{ 1 if false else 2 if false else 3 }}",
    "{{ -1 | abs }} {{ 5 - 3 | abs }} {{ 'a' + 'b' | upper }} {{ ('a' + 'b') | upper }} {{ 2 is odd or 1 is odd }}",
    "{{ 1 is divisibleby 2 }} {{ 4 is divisibleby(2) }} {{ 'a' is in 'abc' }} {{ 'a' is eq 'a' and true }} {{ 3 is not none }}",
    "{{ m.items }} {{ m['items'] }} {{ m.get }}", "{{ m['items'] }}{{ m['get'] }}{{ m.content }}", "{{ m.get('items') }}",
    "{{ m.n }} {{ m.n + 1 }} {{ m.f }} {{ m.big }} {{ m.small }} {{ m | tojson }}", "{{ m }}",
    "{% for k in m %}{{ k }} {% endfor %}{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}{{ m | length }}",
    "{% for k, v in m | items %}{{ k }}{% endfor %}{% for k, v in m | dictsort %}{{ k }} {% endfor %}",
    "{{ '🙂a' | length }} {{ '🙂ab'[1] }} {{ '🙂ab'[:2] }} {{ '🙂ab'[::-1] }} {{ '🙂' < '\uffff' }} {{ '🙂a'.find('a') }}",
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
    "{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }}{{ ns }}",
    "{% set m.x = 1 %}", "{% set x, y = 1, 2 %}{{ x }}{{ y }}{% set z = 1, 2 %}{{ z }}", "{% set x = namespace() %}{% set x.a, y = 1, 2 %}{{ x.a }}{{ y }}",
    "{% if false %}{% set x = 1 %}{% endif %}{{ x }}{% if true %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% set x %}a{{ 1 }}{% endset %}{{ x }}{{ x | length }}{% set y | upper | trim %} a {% endset %}{{ y }}",
    "{% macro f(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}{{ f(1, c=3) }}{{ f() }}{{ f(b=a) }}",
    "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(z=2) }}",
    "{% macro f(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, z=3) }}",
    "{% macro f(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}", "{{ f(1) }}{% macro f(a) %}{{ a }}{% endmacro %}",
    "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% set x = 1 %}{% macro f() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ f() }}",
    "{% macro f() %}[{{ caller() }}]{% endmacro %}{% call f() %}in{% endcall %}{% call f() %}{{ 1 }}{% endcall %}",
    "{% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) f() %}{{ a }}{{ b }}{% endcall %}",
    "{% macro f() %}x{% endmacro %}{% call f() %}in{% endcall %}", "{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}",
    "{% macro f() %}x{% endmacro %}{{ f }}", "{{ range }}", "{{ m.keys }}", "{{ m.keys() }}{{ m.values() | list }}",
    "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in [] %}x{% else %}empty{% endfor %}{% for i in [1] %}{% break %}{% else %}e{% endfor %}", "{% for i in [1] %}{% continue %}{% else %}e{% endfor %}", "{% for i in [1, 2] %}{% if i == 1 %}{% continue %}{% endif %}{% else %}e{% endfor %}", "{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{% else %}e{% endfor %}",
    "{% for i in [1, 2, 3, 4] if i is even %}{{ i }}{{ loop.index }}{{ loop.last }}{{ loop.length }}{% endfor %}",
    "{% for i in [3, 1, 2] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }}{{ loop.changed(i > 1) }};{% endfor %}",
    "{% set ns = namespace(stop=false) %}{% for i in [1, 2, 3] if not ns.stop %}{{ i }}{% set ns.stop = true %}{% endfor %}",
    "{% set ns = namespace(stop=false) %}{% for i in [1, 2, 3] if not ns.stop %}{{ i }}{{ loop.last }}{% set ns.stop = true %}{% endfor %}",
    "{% for i in [1, 2] %}{% for j in [1, 2] %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}{{ loop }}",
    "{% for a, b in [(1, 2), [3, 4]] %}{{ a }}{{ b }}{% endfor %}{% for a, b in [1] %}{% endfor %}",
    "{% for i in 5 %}{% endfor %}", "{% for i in none %}{% endfor %}", "{% for i in missing %}x{% endfor %}ok", "{{ missing.a }}", "{{ missing }}|{{ missing | length }}",
    "{{ missing + 'a' }}", "{{ 'a' + missing }}", "{{ 'a' ~ missing }}", "{{ missing == missing }}{{ missing is defined }}{{ missing | tojson }}",
    "{{ missing() }}", "{{ [missing] }}", "{{ missing in ['a'] }}", "{{ 'a' in missing }}", "{{ missing < 1 }}", "{{ -missing }}",
    "{{ 'Input: ' + m }}", "{{ 'n: ' + 1 }}", "{{ 1 + 'n' }}", "{{ 'x' + none }}", "{{ [] + 'x' }}", "{{ m + m }}", "{{ 'x' * 2.0 }}",
    "{{ m.content + rows[0].b }}{{ rows[0] }}{{ rows[-1].c }}{{ rows[5] }}{{ rows[5].a }}", "{{ rows[1:] | map(attribute='b') | list }}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a }}",
    "{% filter upper %}a{{ 1 }}b{% endfilter %}", "{% filter replace('a', 'b') | upper %}aa{% endfilter %}", "{% filter nonsense %}a{% endfilter %}",
    "{% if 1 is nonsense %}{% endif %}", "{% if false %}{{ 1 | nonsense }}{% endif %}ok", "{% for i in [] %}{{ 1 | nonsense }}{% endfor %}ok",
    "{{ 1 | nonsense if false else 2 }}", "{% if 'upper' is filter %}{{ 'a' | upper }}{% endif %}{{ 'nonsense' is filter }}{{ 'odd' is test }}",
    "{% generation %}a{% endgeneration %}{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}",
    "{% frob %}", "{% if %}", "{% endif %}", "{{ }}", "{{ 1 2 }}", "{{ a. }}", "{% for x in y %}", "{{ 'a }}", "{% set 1 = 2 %}", "{% set true = 2 %}",
    "{{ (1, }}", "{{ [1, 2 }}", "{{ {'a': 1, 'b': 2} }}", "{{ {'a': 1}['a'] }}", "{{ {1: 2, true: 3, 'a': none}[1] }}", "{{ {}.a.b }}",
    "{{ {'b': 1, 'a': 2, '10': 3, '2': 4} | tojson }}", "{{ {'b': 1, 'a': [], 'c': {}} | tojson(indent=2) }}", "{{ [[], {}, [1, [2]]] | tojson(indent=1) }}",
    "{{ {'html': '<a href=\"x\">&</a>', 'ctl': '\\x00\\x7f\\u2028', 'e': 'é🙂'} | tojson }}", "{{ {'e': 'é🙂\\x7f'} | tojson(ensure_ascii=true) }}",
    "{{ {1: 1, 2.5: 2, none: 3, true: 4} | tojson }}", "{{ (1, [2], 'x') | tojson }}", "{{ range(3) | tojson }}", "{{ rows | map(attribute='a') | tojson }}",
    "{{ '<a>' | escape }}{{ '<a>' | safe }}{{ ('<a>' | e) ~ '<b>' }}{{ '<a>' | e | length }}", "{{ ('<a>' | e) + '<b>' }}",
    "{{ 'abc' | replace('b', 'x') }}{{ 123 | replace(2, 'x') }}{{ none | upper }}{{ true | lower }}{{ 1.0 | string }}",
    "{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, first=true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}|{{ 'a\nb' | indent('> ') }}",
    "{{ 2.5 | round }}{{ 3.5 | round }}{{ 0.125 | round(2) }}{{ 2.675 | round(2) }}{{ 1 | round }}{{ 2.5 | int }}{{ -2.5 | int }}{{ '42.9' | int }}{{ '0x1' | int(5) }}",
    "{{ '%s is %d and %.2f%%' % ('a', 3, 2.675) }}{{ '%5s|%-5s|%05d' % ('a', 'b', -42) }}{{ '%s' % [1] }}", "{{ '%s %s' % ('a',) }}", "{{ '%s-%s' | format('a', 1) }}",
    "{{ '{} {}'.format('a', 1) }}{{ '{1}{0}'.format('a', 'b') }}{{ '{x!r} {{}}'.format(x='q') }}", "{{ '{:>5}'.format('a') }}", "{{ '{}'.format() }}",
    "{{ words | sort }}{{ words | sort(case_sensitive=true) }}{{ words | join(', ') }}{{ words | first }}{{ words | last }}{{ words | max }}{{ [] | first }}{{ [] | max }}",
    "{{ [3, 1, 2] | sort }}{{ [3, 'a'] | sort }}", "{{ [1, 2, 3] | sum }}{{ [1, 2] | sum(start=5) }}", "{{ [1, [2]] | sum }}", "{{ [1, 2, 3, 4, 5] | batch(2) | list }}",
    "{% set l = [1, 2] | map('string') %}{{ l | join(',') }}|{{ l | join(',') }}", "{% set l = rows | selectattr('a') %}{{ l | length }}",
    "{% set l = rows | selectattr('a', 'eq', 2) %}{% for r in l %}{{ loop.index }}{{ r.b }}{% endfor %}", "{{ (rows | map(attribute='a'))[0] }}",
    "{{ dict(m, a=1) | length }}{{ dict([('a', 1)]) }}{{ dict(a=1) | tojson }}", "{{ [1, 2] is sequence }}{{ 'a' is iterable }}{{ m is mapping }}{{ none is none }}",
    "{% set j = joiner(', ') %}{% for w in words %}{{ j() }}{{ w }}{% endfor %}", "{{ range(3) | list }}{{ range(1, 7, 2) | list }}{{ range(3, 0, -1) | list }}{{ range(3) }}{{ range(10)[2] }}",
    "{{ range(10 ** 9) }}", "{{ range(100001) | length }}", "{{ range(1, 2, 0) }}", "{{ range('a') }}", "{{ 1 / 0 }}", "{{ 1 % 0 }}", "{{ 1.0 // 0 }}",
    "{{ ''.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ ''['__class__'] }}", "{{ m.__proto__ }}", "{{ m.clear }}", "{{ m.clear() }}", "{{ words.append('x') }}",
    "{{ m.pop('role') }}", "{{ words.sort() }}", "{{ words.copy() }}", "{{ words.index('A') }}{{ words.count('a') }}", "{{ words.index('q') }}", "{{ m.update({'a': 1}) }}",
    "{% set _ = m.get('x') %}{{ _ }}", "{{ m.constructor }}{{ m.prototype }}{{ ''.constructor }}{{ [].length }}{{ 'abc'.length }}{{ words.length }}",
    "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}", "{{ self }}", "{{ lipsum() }}", "{{ cycler('a', 'b').next() }}", "{% block a %}x{% endblock %}",
    "{% for x in [1, [2, [3]]] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}", "{% do 1 %}", "{% print 1 %}", "{% autoescape true %}{{ '<' }}{% endautoescape %}",
    "{{ raise_exception('No') }}", "{{ raise_exception() }}", "{{ strftime_now }}", "{{ 'é'.upper() }}{{ 'ß'.upper() }}{{ 'ß'.capitalize() }}{{ 'ΑΣ'.lower() }}{{ 'ǆ'.title() }}",
    "{{ 'hello wORLD-foo (bar)' | title }}{{ \"they're bill's\".title() }}{{ 'aBC' | capitalize }}", "{{ ['a', 'B'] | map('upper') | join }}{{ ['a'] | map('replace', 'a', 'b') | list }}",
    "{{ x.y if x is defined and x.y }}ok", "{{ rows | tojson | length }}{{ rows | string | length }}", "{{ 'a' < 'b' }}{{ 'a' < 1 }}", "{{ [1, 2] < [1, 3] }}{{ (1, 2) == [1, 2] }}{{ 1 == 1.0 == true }}",
    "{{ nothing.x }}", "{{ nothing.x.y }}", "{{ nothing | length }}", "{{ nothing | trim }}{{ nothing | string }}{{ nothing ~ 'a' }}{{ nothing | default('d') }}{{ nothing | default('d', true) }}",
    "{{ empty or 'e' }}{{ empty | length }}{{ empty }}{{ [] == empty }}", "{% if not nothing and not empty and not '' and not 0 %}falsy{% endif %}", "{{ none.__class__ }}",
    "{{ m | list }}{{ 'ab' | list }}{{ m | first }}", "{{ m['n'] | string | length }}{{ m.n | tojson }}{{ m.n % 10 }}{{ m.n // 7 }}{{ m.n * 3 }}{{ m.n == 12345678901234567891 }}", "{{ m.n / 3 }}",
    "{{ 1.0 * 3 }}{{ 10 ** 20 }}{{ 10 ** -1 }}", "{{ true | int }}{{ true == 1 }}{{ true | tojson }}{{ [true, none] }}{{ true | string }}{{ 1 is integer }}{{ true is integer }}{{ 1.0 is float }}",
]  # fmt: skip

TOOLS = """[{"type": "function", "function": {"name": "weather", "description": "The weather, \\"now\\" — or <later> 🙂",
 "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "A city"},
 "days": {"type": "integer", "minimum": 1, "maximum": 14.0, "default": null}, "tags": {"type": "array", "items": {"type": "string"}},
 "unit": {"type": ["string", "null"], "enum": ["c", "f", null, true, 1e3]}}, "required": ["city"], "additionalProperties": false}}},
 {"type": "function", "function": {"name": "noop", "description": "", "parameters": {"type": "object", "properties": {}, "required": []}}}]"""
ARGUMENTS = [
    """{"city": "Paris"}""",
    """{"id": 12345678901234567890, "x": 20.0, "y": 1e20, "z": -0.5, "none": null, "yes": true, "no": false}""",
    """{"text": "🙂 \\"q\\" \\\\ \\n é <b>", "list": [], "dict": {}, "nested": [[1, 2.50], {"10": "b", "9": "a"}]}""",
    "{}",
    '''"{\\"city\\": \\"Paris\\", \\"n\\": 20.0}"''',
]


def call(arguments: str, name: str = "weather") -> str:
    function = f'{{"name": "{name}", "arguments": {arguments}}}'
    return f'{{"id": "abcd12345", "type": "function", "function": {function}}}'


def tool_turns(arguments: str, content: str) -> str:
    calls = f'"tool_calls": [{call(arguments)}]'
    return (
        f'[{{"role": "user", "content": "Weather?"}}, {{"role": "assistant", "content": {content}, {calls}}}, '
        '{"role": "tool", "name": "weather", "tool_call_id": "abcd12345", "content": "{\\"celsius\\": 21.0}"}, '
        '{"role": "assistant", "content": "It is 21 degrees."}]'
    )


CONVERSATIONS = [
    '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": " Hello 🙂\\n"}]',
    '[{"role": "system", "content": "Be <terse>. /no_think"}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>\\nhm\\n</think>\\n\\nYes"}, {"role": "user", "content": "So?"}]',
    '[{"role": "user", "content": "Hi"}, {"role": "user", "content": "again"}]',
    '[{"role": "assistant", "content": "I begin"}, {"role": "user", "content": "Hi"}]',
    '[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, {"type": "image"}, {"type": "other", "n": 1}]}, {"role": "assistant", "content": "A cat"}]',
    '[{"role": "user", "content": null}, {"role": "assistant", "content": ""}]',
    '[{"role": "user", "content": {"a": 1, "b": [null, 2.0]}}, {"role": "assistant", "content": 7}]',
    '[{"role": "user"}, {"role": "assistant", "content": "x"}]',
    '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x", "reasoning_content": "\\nbecause\\n", "tool_calls": []}]',
    '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x", "tool_calls": null}]',
    *[tool_turns(arguments, content) for arguments, content in itertools.product(ARGUMENTS, ["null", '""', '"Let me look."'])],
    f'[{{"role": "user", "content": "Both"}}, {{"role": "assistant", "content": "", "tool_calls": [{call(ARGUMENTS[1])}, {call("{}", "noop")}]}}, '
    '{"role": "tool", "content": "none", "tool_call_id": "abcd12345"}, {"role": "tool", "content": {"id": 9007199254740993, "v": [1.0, true]}, "tool_call_id": "abcd12345"}]',
    "[]",
]  # fmt: skip
OPTIONS = [
    '"tools": null, "add_generation_prompt": true',
    f'"tools": {TOOLS}, "add_generation_prompt": false',
    f'"tools": {TOOLS}, "add_generation_prompt": true, "enable_thinking": false, "builtin_tools": ["weather"], "tools_in_user_message": false, '
    '"controls": {"length": "long", "n": 1.0}, "documents": [{"doc_id": 12345678901234567890, "title": "t", "text": "d\\u00e9"}], "add_vision_id": true',
]  # fmt: skip
TOKENS = '"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"'

ADDRESS = re.compile(r" at 0x[0-9a-f]+>")


def render(template: str, variables: str) -> str | int:
    try:
        text = _compile_jinja_template(template).render(**json.loads(variables))
    except Exception:  # Whatever Jinja2 or Python raises.
        return 0
    return 1 if ADDRESS.search(text) else text


def filled(pattern: str, values: tuple[str, ...]) -> str:
    """The pattern with values for X and Y, in parentheses."""
    for name, value in zip("XY", values, strict=False):
        pattern = re.sub(rf"(?<![\w'\"]){name}(?![\w'\"])", lambda _, value=value: f"({value})", pattern)
    return pattern


def counted(results: list) -> str:
    texts = sum(isinstance(result, str) for result in results)
    return f"{len(results)} cases, {texts} texts, {results.count(0)} errors, {results.count(1)} addresses"


def write(name: str, content: dict) -> None:
    path = folder("jinja") / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n", "utf-8")
    print(f"{name}: {path.stat().st_size} bytes")


def main() -> None:
    grids = []
    for name, (patterns, lists) in GRIDS.items():
        templates = [filled(pattern, values) for pattern in patterns for values in itertools.product(*lists)]
        results = [render(template, VARIABLES) for template in templates]
        grids.append({"name": name, "patterns": patterns, "values": lists, "results": results})
        print(f"{name}: {counted(results)}")
    write("grid", {"variables": VARIABLES, "grids": grids})

    results = [render(template, VARIABLES) for template in STATEMENTS]
    print(f"statements: {counted(results)}")
    write("statements", {"variables": VARIABLES, "templates": STATEMENTS, "results": results})

    here = Path(__file__).with_name("chat_templates")
    families = {path.stem: path.read_text("utf-8") for path in [*sorted(here.glob("*.jinja")), *sorted(here.glob("tools/*.jinja"))]}
    variables = [
        f'{{{TOKENS}, "messages": {messages}, {options}}}' for messages, options in itertools.product(CONVERSATIONS, OPTIONS)
    ]
    results = {
        name: [render(template, each) for each in variables] for name, template in families.items()
    }
    for name, each in results.items():
        print(f"{name}: {counted(each)}")
    texts = sorted({text for each in results.values() for text in each if isinstance(text, str)})
    places = {text: i for i, text in enumerate(texts)}
    write("families", {
        "texts": texts,
        "conversations": CONVERSATIONS,
        "options": OPTIONS,
        "tokens": TOKENS,
        # The place of the text among the texts; -1 for an error.
        "families": [
            {"name": name, "template": families[name], "results": [places.get(text, -1) for text in each]}
            for name, each in results.items()
        ],
    })  # fmt: skip
    write_json(
        folder("jinja") / "case.json",
        {"generator": "tools/reference/jinja_grid.py", "versions": versions(transformers, jinja2)},
    )


if __name__ == "__main__":
    main()
