import type { Fields, ValuesOf } from '../settings/field.js';

/** How settings are written as text. */
export interface ConfigFormat {
  /** A larger text is no configuration, in bytes. */
  readonly maxBytes: number;
  /**
   * Reads settings.
   *
   * @param path of the text, for messages.
   * @throws AttuneError FILE_CORRUPT, UNKNOWN_KEY, INVALID_CONFIG.
   */
  read<F extends Fields>(fields: F, text: string, path: string): Partial<ValuesOf<F>>;
  /** Reads whatever keys there are. @throws AttuneError FILE_CORRUPT, INVALID_CONFIG. */
  parse(text: string, path: string): Readonly<Record<string, unknown>>;
  /** Writes settings, under a line that says where they come from. */
  write(values: object, heading: string): string;
  /** Tells by its first line a text that was written under a heading. */
  hasHeading(text: string, heading: string): boolean;
}
