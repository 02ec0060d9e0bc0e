import { AttuneError, shownValue } from '@attune/core';

/** Which biases are trained beside the factors: none, all of the model, or those of the adapted layers. */
export type LoraBias = 'none' | 'all' | 'lora_only';

/** How low-rank adapters are laid over a model. The names are peft's, in camelCase. */
export interface LoraConfig {
  /** Width of the bottleneck: peft's `r`. */
  readonly rank: number;
  /** The update is scaled by `alpha / rank`, or by `alpha / √rank` with `useRslora`. */
  readonly alpha: number;
  /** Probability with which an adapter's inputs are dropped in training. */
  readonly dropout: number;
  /**
   * Layers to adapt: those whose path is one of these names or ends with `.` and one of them; or `all-linear`, every linear
   * layer but the head.
   */
  readonly targetModules: readonly string[] | 'all-linear';
  /** Other modules to train whole: those whose path ends with one of these. They are saved with the adapter. */
  readonly modulesToSave: readonly string[];
  readonly bias: LoraBias;
  /** Rank-stabilised scaling. Source: Kalajdzievski (2023), arXiv:2312.03732. */
  readonly useRslora: boolean;
  /** Weight-decomposed adaptation: direction and magnitude apart. Source: Liu et al. (2024), arXiv:2402.09353. */
  readonly useDora: boolean;
}

/** Options of LoRA: `targetModules` is required, the rest has peft's defaults (rank 8, alpha 8). */
export type LoraOptions = Partial<LoraConfig> & Pick<LoraConfig, 'targetModules'>;

/** A bottleneck that is wider than any layer is none. */
const MAX_RANK = 65_536;

const BIASES: readonly LoraBias[] = ['none', 'all', 'lora_only'];

/**
 * A whole configuration from what was given.
 *
 * @throws AttuneError INVALID_CONFIG that names the value and what it must be.
 */
export function loraConfig(options: LoraOptions): LoraConfig {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const config = {
    rank: 8,
    alpha: 8,
    dropout: 0,
    modulesToSave: [],
    bias: 'none',
    useRslora: false,
    useDora: false,
    ...given,
  } as unknown as LoraConfig;
  const check = (ok: boolean, key: keyof LoraConfig, expected: string) => {
    if (ok) return;
    throw new AttuneError(
      'INVALID_CONFIG',
      `LoRA's ${key} must be ${expected}, but is ${shownValue(config[key])}.`,
    );
  };
  check(Number.isInteger(config.rank) && config.rank > 0, 'rank', 'a positive integer');
  check(config.rank <= MAX_RANK, 'rank', `at most ${MAX_RANK}`);
  check(Number.isFinite(config.alpha) && config.alpha > 0, 'alpha', 'a positive number');
  check(Number.isFinite(config.dropout) && config.dropout >= 0 && config.dropout < 1, 'dropout', 'in [0, 1)');
  check(config.targetModules.length > 0, 'targetModules', 'at least one name');
  check(BIASES.includes(config.bias), 'bias', BIASES.join(', '));
  return config;
}

/** The factor by which the product of the two matrices is scaled. */
export function loraScale({ alpha, rank, useRslora }: LoraConfig): number {
  return alpha / (useRslora ? Math.sqrt(rank) : rank);
}
