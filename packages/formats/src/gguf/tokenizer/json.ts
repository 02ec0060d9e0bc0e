import { isJsonObject, type JsonObject } from '@attune/files';

/** An object of a JSON document of a stranger's. */
export type Json = JsonObject;

/** A value as an object; an empty one if it is none. */
export function objectOf(value: unknown): Json {
  return isJsonObject(value) ? value : {};
}

/** A value as a list; an empty one if it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
