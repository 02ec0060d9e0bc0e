/** The data that the rendering thread begins with. */
export interface RenderWorkerData {
  readonly templates: Readonly<Record<string, string>>;
}

/** A thread that knows nothing of the environment it runs in, and has little memory. */
export function confined(megabytes: number) {
  return { env: {}, resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 16 } };
}
