import { sizeOf, totalBytes, type Model, type Parameter } from '@attune/core';
import { storedSpecs } from '@attune/nn';

/** Parameters of one kind. */
export interface ParameterCount {
  readonly count: number;
  /** Bytes on the device, scales of 8-bit weights included. */
  readonly bytes: number;
}

/** Parameters that are trained, or that are not, by how they are stored. */
export interface ParameterGroup extends ParameterCount {
  readonly byStorage: Readonly<Record<string, ParameterCount>>;
}

/** The parameters of a run. */
export interface ParameterPlan {
  readonly trained: ParameterGroup;
  readonly frozen: ParameterGroup;
}

function count(parameters: readonly Parameter[]): ParameterCount {
  return {
    count: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    bytes: parameters.reduce((sum, parameter) => sum + totalBytes(storedSpecs(parameter)), 0),
  };
}

function group(parameters: readonly Parameter[]): ParameterGroup {
  const storages = [...new Set(parameters.map(({ storage = 'f32' }) => storage as string))];
  const byStorage = storages.map((name) => [
    name,
    count(parameters.filter(({ storage = 'f32' }) => storage === name)),
  ]);
  return { ...count(parameters), byStorage: Object.fromEntries(byStorage) };
}

/** Counts the parameters of a model that are trained, and those that are not. */
export function planParameters({ parameters }: Pick<Model, 'parameters'>): ParameterPlan {
  return {
    trained: group(parameters.filter(({ trainable }) => trainable)),
    frozen: group(parameters.filter(({ trainable }) => !trainable)),
  };
}
