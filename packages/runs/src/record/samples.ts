const SAMPLE = /^step-(\d+)\.txt$/;

/** The step that a sample is of, by its file's name; `undefined` if it is not the name of one. */
export function stepOfSample(name: string): number | undefined {
  const [, digits] = SAMPLE.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The name of the file with a step's sample. */
export const sampleName = (step: number): string => `step-${step}.txt`;

/** True for the name of a sample. */
export const isSample = (name: string): boolean => stepOfSample(name) !== undefined;

/** The name of the newest sample among some names, of the steps up to one. */
export function newestSample(names: Iterable<string>, upTo = Infinity): string | undefined {
  const samples = [...names].flatMap((name) => {
    const step = stepOfSample(name);
    return step !== undefined && step <= upTo ? [{ name, step }] : [];
  });
  return samples.sort((a, b) => b.step - a.step)[0]?.name;
}
