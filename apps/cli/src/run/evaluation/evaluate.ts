import { AttuneError, type EvaluationMetrics } from '@attune/core';
import { evaluationWindows } from '@attune/data';
import { openTokenFolder } from '@attune/data/node';
import { crossEntropy } from '@attune/nn';
import { bareTokens, checkSameCharacters, openModel, readSteadily, type ChosenBackend } from '@attune/runs';
import { allocateParameters, evaluateModel } from '@attune/train';
import type { Context } from '../../environment/context.js';
import { heldIn, readsNarrow, type HeldWeights } from '../host/held-weights.js';
import { runHost } from '../host/run-host.js';
import { withBackend } from '../../backends/open-backend.js';

/** The request of `attune evaluate`. */
export interface EvaluateRequest extends ChosenBackend {
  readonly model: string;
  readonly adapter?: string;
  readonly weights: HeldWeights;
  readonly data: string;
  readonly split: 'val' | 'train';
  /** Default: as many tokens as the model has positions. */
  readonly blockSize?: number;
  readonly batchSize: number;
}

/** The mean loss over every target of a split, each scored once. */
export async function evaluate(request: EvaluateRequest, context: Context): Promise<EvaluationMetrics> {
  const host = runHost(context);
  const { weights, ...named } = request;
  const opened = await readSteadily([request.model, request.adapter], host, () =>
    openModel({ ...named, narrow: readsNarrow(weights) }, host),
  );
  const { tensors, tokenizer, path } = opened;
  const model = heldIn(weights, opened.model);
  const { vocabSize, blockSize: positions } = model.config;
  const { blockSize = positions, batchSize, split } = request;
  if (blockSize > positions) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `--block-size is ${blockSize}, but the model in ${path} has ${positions} positions.`,
      { fix: `Use a block size of at most ${positions}.` },
    );
  }
  const folder = await openTokenFolder(request.data, { bare: bareTokens(vocabSize) });
  try {
    checkSameCharacters(tokenizer, folder.tokenizer, path, request.data);
    const source = folder[split];
    if (!source) {
      throw new AttuneError('DATA_TOO_SHORT', `${request.data} has no validation data.`, {
        fix: 'Score the training data with --split train, or make the data with `attune prepare --val-fraction 0.1`.',
      });
    }
    const data = evaluationWindows(source, { batchSize, blockSize, vocabSize });
    return await withBackend(request, context, async (backend) => {
      const state = await allocateParameters(backend, model, { tensors });
      try {
        return await evaluateModel({ backend, model: model.eval(), loss: crossEntropy(), state, data });
      } finally {
        state.dispose();
      }
    });
  } finally {
    await folder.close();
  }
}
