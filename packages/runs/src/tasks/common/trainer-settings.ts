import { adamW, cosine } from '@attune/nn';
import type { Ranks } from '../../distributed/ranks.js';
import type { RunConfig } from '../../settings/shared-fields.js';

/**
 * The options of a trainer that every configuration gives, whatever is trained.
 *
 * @param ranks that train together, where there are several.
 */
export function trainerSettings(config: RunConfig, ranks: Ranks | undefined) {
  const { learningRate: peak, minLr: min, warmupIters, lrDecayIters: decayIters } = config;
  const { beta1, beta2, weightDecay, gradClip, gradientAccumulationSteps, seed } = config;
  const { shardOptimizer, outerSteps, outerLearningRate, outerMomentum } = config;
  const { lossSpikeZScore: zScore, lossSpikeAction: action } = config;
  const learningRate = cosine({ peak, min, warmupIters, decayIters });
  return {
    optimizer: adamW({ learningRate, beta1, beta2, weightDecay }),
    gradClip,
    gradientCheckpointing: config.gradientCheckpointing,
    gradientAccumulationSteps,
    lossSpike: zScore === undefined ? undefined : { zScore, action },
    seed,
    ...(ranks && { communicator: ranks.communicator }),
    ...{ shardOptimizer, outerSteps, outerLearningRate, outerMomentum },
  };
}
