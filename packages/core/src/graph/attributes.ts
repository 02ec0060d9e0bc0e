/** Static parameters of an op, e.g. the axes of a sum. JSON-serialisable; part of a program's fingerprint. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly number[] | undefined>>;
