import { plural, type TensorSource } from '@attune/core';
import { familyOf, isClassifierConfig, type ModelConfig } from '@attune/formats';
import { parameterCount } from '@attune/nn';
import type { Adaptation, AdaptedModel } from '../../adaptations/adaptation.js';
import type { OpenAnyModel } from '../../models/model/opened-model.js';
import { formatCount, formatParameters } from '../../text/format.js';
import type { ResolvedFinetuneConfig } from './finetune-fields.js';
import type { RowData } from './row-task.js';

/** A run on rows, line by line, for people. */
export function describe({
  config,
  adaptation,
  source,
  adapted,
  data,
}: {
  readonly config: ResolvedFinetuneConfig;
  readonly adaptation: Adaptation;
  readonly source: OpenAnyModel<TensorSource>;
  readonly adapted: AdaptedModel;
  readonly data: RowData;
}): string[] {
  const { examples, report, train } = data;
  const { total, trainable } = parameterCount(adapted.model);
  const rows = examples.validation ? `, ${formatCount(examples.validation.count)} to validate on` : '';
  const columns = Object.entries(report.columns).map(([field, column]) =>
    field === column ? field : `${field} from ${column}`,
  );
  return [
    `data     ${config.data}: ${plural(examples.train.count, 'row')} (${report.format}: ${columns.join(', ')})${rows}` +
      (train.utilisation === undefined
        ? ''
        : `; packed, ${(100 * train.utilisation).toFixed(0)} % of the places used`),
    ...report.files.flatMap(({ file, truncated, dropped, droppedUntrained }) => {
      const left = dropped + droppedUntrained;
      return truncated + left === 0
        ? []
        : [
            `         ${file}: ${plural(truncated, 'row')} cut off, ${formatCount(left)} left out, at ${plural(report.maxLength, 'token')}`,
          ];
    }),
    `model    ${source.name}: ${formatParameters(total)} parameters, of which ${formatParameters(trainable)} are trained ` +
      `(${[adaptation.describe(config, adapted), ...frozenIn(config), ...describeDropout(adapted.model.config as ModelConfig)].join('; ')})`,
  ];
}

const frozenIn = ({ frozenDtype }: ResolvedFinetuneConfig) =>
  frozenDtype === 'f32' ? [] : [`frozen matrices in ${frozenDtype}`];

/** The rates that the model itself drops at while it trains, those that are not 0. */
function describeDropout(config: ModelConfig): string[] {
  if (isClassifierConfig(config)) return describeDropout(config.body);
  const each = Object.entries(familyOf(config).dropouts(config)).flatMap(([place, p]) =>
    p > 0 ? [`${p} (${place})`] : [],
  );
  return each.length > 0 ? [`dropout ${each.join(', ')}`] : [];
}
