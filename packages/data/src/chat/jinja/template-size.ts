/** The longest templates there are have some 20,000 characters. Reading one of this length takes a fraction of a second. */
export const MAX_TEMPLATE_LENGTH = 2 ** 18;

/** Templates that a model may have: one for all conversations, and some for special occasions. */
export const MAX_TEMPLATES = 64;

/** Says what is wrong with the size of templates, by name. */
export function templateSizeProblem(templates: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(templates);
  if (entries.length > MAX_TEMPLATES) {
    return `there are ${entries.length} templates, but at most ${MAX_TEMPLATES} are read`;
  }
  const long = entries.find(([, { length }]) => length > MAX_TEMPLATE_LENGTH);
  return long && `a template has ${long[1].length} characters, but at most ${MAX_TEMPLATE_LENGTH} are read`;
}
