import { readFixture } from '../../testing/fixture.js';
import { TemplateSet } from './render.js';

/** A text; 0 where Jinja2 raises; 1 where its text holds an address. */
type Expected = string | 0 | 1;

interface Grid {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly values: readonly (readonly string[])[];
  readonly results: readonly Expected[];
}

interface Family {
  readonly name: string;
  readonly template: string;
  /** Places among the texts; -1 for an error. */
  readonly results: readonly number[];
}

/** Same text, refused where Jinja2 gives a text, or different: a text where it raises, another text, another failure. */
interface Counts {
  agree: number;
  refused: number;
  readonly different: unknown[];
}

function counting(): Counts {
  return { agree: 0, refused: 0, different: [] };
}

function compare(
  counts: Counts,
  set: TemplateSet,
  template: string,
  variables: string,
  expected: Expected,
): void {
  const outcome = set.render({ template: 'default', variables, now: 0 });
  const got = 'failure' in outcome ? outcome.failure.message : outcome.text;
  if ('failure' in outcome ? expected === 0 : outcome.text === expected) counts.agree++;
  else if ('failure' in outcome && / (?:is|are) not supported/.test(got)) counts.refused++;
  else counts.different.push({ template, expected, got });
}

const setOf = (template: string) => new TemplateSet({ default: template });

function product(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>(
    (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  );
}

function filled(pattern: string, values: readonly string[]): string {
  return ['X', 'Y']
    .slice(0, values.length)
    .reduce(
      (text, name, i) =>
        text.replace(new RegExp(`(?<![\\w'"])${name}(?![\\w'"])`, 'g'), () => `(${values[i]!})`),
      pattern,
    );
}

// Written with jinja2, in the environment of transformers: see tools/reference/jinja_grid.py.
describe('templates give the text that they give in transformers, or none', () => {
  it('for every operator, filter, test and method, on values of every type', async () => {
    const { variables, grids } = await readFixture<{ variables: string; grids: readonly Grid[] }>(
      'jinja/grid.json',
    );
    const counts = counting();
    for (const { patterns, values, results } of grids) {
      const templates = patterns.flatMap((pattern) => product(values).map((row) => filled(pattern, row)));
      expect(templates).toHaveLength(results.length);
      templates.forEach((template, i) => compare(counts, setOf(template), template, variables, results[i]!));
    }
    expect(counts.different).toEqual([]);
    expect([counts.agree, counts.refused]).toEqual([10_261, 363]);
  });

  it('for every statement', async () => {
    const { variables, templates, results } = await readFixture<{
      variables: string;
      templates: readonly string[];
      results: readonly Expected[];
    }>('jinja/statements.json');
    const counts = counting();
    templates.forEach((template, i) => compare(counts, setOf(template), template, variables, results[i]!));
    expect(counts.different).toEqual([]);
    expect([counts.agree, counts.refused]).toEqual([181, 16]);
  });

  it('for the formats of model families, with numbers, texts and lists of all kinds', async () => {
    const { conversations, options, tokens, texts, families } = await readFixture<{
      conversations: readonly string[];
      options: readonly string[];
      tokens: string;
      texts: readonly string[];
      families: readonly Family[];
    }>('jinja/families.json');
    const counts = counting();
    for (const { name, template, results } of families) {
      const set = setOf(template);
      conversations
        .flatMap((messages) => options.map((each) => `{${tokens}, "messages": ${messages}, ${each}}`))
        .forEach((variables, i) =>
          compare(counts, set, `${name} ${variables}`, variables, texts[results[i]!] ?? 0),
        );
    }
    expect(counts.different).toEqual([]);
    expect([counts.agree, counts.refused]).toEqual([1620, 0]);
  });
});
