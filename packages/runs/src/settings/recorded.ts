import { withDefaults, type Settings, type ValuesOf } from './field.js';

/**
 * The settings of a run as it recorded them, with those that did not exist yet when it was begun.
 *
 * A run records every setting that has a value. One that is missing is younger than the run, and has the value by which the run
 * does what it did then: `before` of the field where it states one, else its default. A setting whose default is not what
 * runs did without it needs a `before`: else old runs would be refused, or change.
 *
 * @param recorded spelled as today.
 */
export function recordedSettings<F extends Settings>(
  fields: F,
  recorded: Partial<ValuesOf<F>>,
): Partial<ValuesOf<F>> {
  const values: Readonly<Record<string, unknown>> = recorded;
  const before = Object.entries(fields).flatMap(([key, field]) =>
    values[key] === undefined && field.before !== undefined ? [[key, field.before]] : [],
  );
  // Whoever reads the run asks for what it cannot do without.
  const optional = Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, { ...field, required: undefined }]),
  );
  return withDefaults(optional as unknown as F, { ...recorded, ...Object.fromEntries(before) });
}
