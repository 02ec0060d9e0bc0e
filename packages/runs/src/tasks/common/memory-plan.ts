import { checkTensorSizes, requireMemory, totalBytes, type Model } from '@attune/core';
import { storedSpecs } from '@attune/nn';

/** The parts of a run from which its memory is planned: nothing of it is allocated yet. */
export interface TrainingPlan {
  /** Bytes that the backend can have at most. */
  readonly memory: number;
  readonly model: Pick<Model, 'parameters'>;
  /** Rows of a micro-batch, and the tokens of its longest row. */
  readonly batchSize: number;
  readonly length: number;
  readonly nLayer: number;
  readonly nEmbd: number;
  /** Outputs for each token; for a classifier, none. */
  readonly vocabSize: number;
  /** Tokens whose logits are computed at a time. */
  readonly chunkTokens?: number | undefined;
}

/**
 * Compares the least that training takes with the memory of the machine, by arithmetic: parameters, for those that are
 * trained gradients and AdamW's two moments, the tokens of a batch, one activation a layer, and logits. What a backend
 * needs beside that is not counted, so that a run that passes may still be too large.
 *
 * @throws AttuneError OUT_OF_MEMORY that says what takes how much.
 */
export function requireTrainingMemory(plan: TrainingPlan): void {
  const { model, batchSize, length, nLayer, nEmbd, vocabSize, chunkTokens } = plan;
  checkTensorSizes(Object.fromEntries(model.parameters.map((parameter) => [parameter.name, parameter])));
  const bytes = (of: Model['parameters']) =>
    of.reduce((sum, parameter) => sum + totalBytes(storedSpecs(parameter)), 0);
  const trained = bytes(model.parameters.filter(({ trainable }) => trainable));
  const tokens = batchSize * length;
  const logits = Math.min(tokens, chunkTokens ?? Infinity) * vocabSize;
  const needs = [
    { what: 'parameters', bytes: bytes(model.parameters) },
    { what: 'gradients and moments', bytes: 3 * trained },
    { what: `batches of ${batchSize} rows of ${length} tokens`, bytes: 3 * 4 * tokens },
    { what: 'activations', bytes: 4 * tokens * nEmbd * nLayer },
    { what: 'logits', bytes: 4 * logits },
  ];
  requireMemory(
    'Training',
    needs,
    plan.memory,
    'Lower --batch-size (with --gradient-accumulation-steps in its place), the length of rows, or the size of the model or adapter.',
  );
}
