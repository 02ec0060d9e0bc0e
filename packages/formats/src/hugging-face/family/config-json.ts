import { AttuneError } from '@attune/core';
import { isJsonObject, type JsonObject } from '@attune/files';
import { harmlessKeys } from './harmless-keys.js';

/** The deepest models there are have some hundreds. */
const MAX_LAYERS = 10_000;

/**
 * A `config.json`, or an object in it, that is read key by key. It collects every key whose value is not supported, and
 * knows which keys nobody has asked for.
 */
export class ConfigJson {
  private readonly faults: string[] = [];
  private readonly asked = new Set<string>();
  private readonly inner: ConfigJson[] = [];

  /**
   * @param defaults what transformers assumes where a key is missing.
   * @param name of the file, for messages.
   * @param path of the object in it, e.g. `rope_scaling.`.
   */
  constructor(
    private readonly json: JsonObject,
    private readonly defaults: JsonObject,
    readonly name: string,
    private readonly path = '',
  ) {}

  /** A value as it is, or transformers' default. */
  value(key: string): unknown {
    this.asked.add(key);
    return this.json[key] === undefined ? this.defaults[key] : this.json[key];
  }

  /** A key that may have one value only, or be missing or null. */
  only(key: string, value: unknown): void {
    const found = this.value(key) ?? value;
    if (JSON.stringify(found) === JSON.stringify(value)) return;
    this.unsupported(key, `only ${JSON.stringify(value)} is`);
  }

  /** Keys that must be missing, null or empty. */
  unset(...keys: readonly string[]): void {
    for (const key of keys) {
      const value = this.value(key) ?? {};
      if (!isJsonObject(value) || Object.keys(value).length > 0)
        this.faults.push(`${this.path}${key} is set (none is)`);
    }
  }

  /** One of several values, or a fault. */
  oneOf<T>(key: string, known: ReadonlyMap<unknown, T>): T | undefined {
    const value = this.value(key);
    if (!known.has(value)) this.unsupported(key, `only ${[...known.keys()].join(', ')} are`);
    return known.get(value);
  }

  /** Notes that the value of a key is not supported. */
  unsupported(key: string, supported: string): void {
    this.faults.push(`${this.path}${key} is ${JSON.stringify(this.value(key))} (${supported})`);
  }

  /** An object in this one, whose faults and unknown keys are this one's. `undefined` if it is missing, null or empty. */
  object(key: string): ConfigJson | undefined {
    const value = this.value(key) ?? undefined;
    if (value === undefined) return undefined;
    if (!isJsonObject(value)) throw this.invalid(key, 'an object or null');
    if (Object.keys(value).length === 0) return undefined;
    const inner = new ConfigJson(value, {}, this.name, `${this.path}${key}.`);
    this.inner.push(inner);
    return inner;
  }

  /** @throws AttuneError UNSUPPORTED_MODEL that lists every value that is not supported. */
  refuseUnsupported(): void {
    const faults = [this, ...this.inner].flatMap((object) => object.faults);
    if (faults.length === 0) return;
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${this.name} asks for what is not supported: ${faults.join('; ')}.`,
      { data: { faults } },
    );
  }

  /** Keys that nobody asked for, and that are not known to be harmless. */
  unknownKeys(): string[] {
    const own = Object.keys(this.json).filter((key) => !this.asked.has(key) && !harmlessKeys.has(key));
    return [
      ...own.map((key) => `${this.path}${key}`),
      ...this.inner.flatMap((object) => object.unknownKeys()),
    ];
  }

  // Values of a kind. They throw INVALID_CONFIG that names the key, what is expected, and what came.

  count(key: string): number {
    const value = this.value(key);
    if (!Number.isSafeInteger(value) || (value as number) < 1) throw this.invalid(key, 'a positive integer');
    return value as number;
  }

  /** How many layers: each is built, so that a number from nowhere would fill memory. */
  layers(key: string): number {
    const value = this.value(key);
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > MAX_LAYERS) {
      throw this.invalid(key, `a positive integer of at most ${MAX_LAYERS}`);
    }
    return value as number;
  }

  /** A position in a list: 0 or more. */
  index(key: string): number {
    const value = this.value(key);
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw this.invalid(key, 'an integer, 0 or more');
    return value as number;
  }

  /** `undefined` where it is null or missing, and has no default. */
  optionalCount(key: string): number | undefined {
    return (this.value(key) ?? undefined) === undefined ? undefined : this.count(key);
  }

  positive(key: string): number {
    const value = this.value(key);
    if (typeof value !== 'number' || !(value > 0)) throw this.invalid(key, 'a positive number');
    return value;
  }

  optionalPositive(key: string): number | undefined {
    return (this.value(key) ?? undefined) === undefined ? undefined : this.positive(key);
  }

  probability(key: string): number {
    const value = this.value(key);
    if (typeof value !== 'number' || !(value >= 0 && value < 1))
      throw this.invalid(key, 'a number in [0, 1)');
    return value;
  }

  flag(key: string): boolean {
    const value = this.value(key);
    if (typeof value !== 'boolean') throw this.invalid(key, 'true or false');
    return value;
  }

  invalid(key: string, expected: string): AttuneError {
    const found = JSON.stringify(this.value(key)) ?? 'missing';
    return new AttuneError(
      'INVALID_CONFIG',
      `${this.name}: ${this.path}${key} must be ${expected}, but is ${found}.`,
      { data: { key: `${this.path}${key}` } },
    );
  }
}

/** Refuses settings that change the computation of any model, none of which is supported. */
export function refuseForeignParts(config: ConfigJson): void {
  config.only('add_cross_attention', false);
  config.only('is_encoder_decoder', false);
  config.only('is_causal', true);
  config.only('use_bidirectional_attention', false);
  config.unset('quantization_config', 'pruned_heads');
  // Code of the model's own, which transformers runs instead of the family's.
  const code = config.value('auto_map');
  const models = isJsonObject(code) ? Object.keys(code).filter((key) => /^AutoModel/.test(key)) : [];
  if (models.length > 0) config.unsupported('auto_map', 'code of a model is not run');
}
