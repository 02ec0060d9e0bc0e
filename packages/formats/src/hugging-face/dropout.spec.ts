import { readFileSync } from 'node:fs';
import { GraphBuilder, opNodes, type Program } from '@attune/core';
import { applyLora, Dropout, freezeParameters } from '@attune/nn';
import { modelConfigFromHuggingFace, modelConfigToHuggingFace, modelOf, withDropout } from '../index.js';
import type { FolderModel, JsonObject } from '../index.js';

/** A place where transformers drops in training: the module that does it, and what is dropped. */
interface Place {
  readonly module: string;
  readonly p: number;
  readonly shape: readonly number[];
}

interface Case {
  readonly name: string;
  readonly config: JsonObject;
  readonly lora?: {
    readonly r: number;
    readonly lora_dropout: number;
    readonly target_modules: readonly string[];
    readonly use_dora?: boolean;
  };
  readonly frozen: boolean;
  readonly places: readonly Place[];
}

/** Written by `tools/reference/dropouts.py`, which hooks the modules of transformers and peft. */
const { batch, cases } = JSON.parse(
  readFileSync(new URL('../../../backend-testkit/fixtures/dropouts/case.json', import.meta.url), 'utf8'),
) as { readonly batch: [number, number]; readonly cases: readonly Case[] };

const configOf = ({ config }: Case) => modelConfigFromHuggingFace(config).config;

/** The model of a case as it is trained. */
function adapted({ lora, frozen }: Case, model: FolderModel): FolderModel {
  if (frozen) freezeParameters(model.parameters, { freeze: ['*.wte.*', '*.wpe.*', '*.h.0.*'] });
  if (lora) {
    applyLora(model, {
      rank: lora.r,
      dropout: lora.lora_dropout,
      targetModules: lora.target_modules,
      useDora: lora.use_dora ?? false,
    });
  }
  return model;
}

function forward(model: FolderModel): Program {
  const g = new GraphBuilder('forward');
  const x = g.feed('x', { shape: batch, dtype: 'i32' });
  const lastToken = g.feed('lastToken', { shape: [batch[0]], dtype: 'i32' });
  g.output('logits', model.forward(g, { x, lastToken })['logits']!);
  return g.build();
}

/** Every dropout in the graph, in order. Attention weights are dropped by transformers' attention itself. */
function placesOf(model: FolderModel): Place[] {
  const program = forward(model);
  const paths = new Map(
    [...model.modules].flatMap(([path, module]) =>
      module instanceof Dropout ? [[streamOf(module), path] as const] : [],
    ),
  );
  return opNodes(program)
    .filter(({ op }) => op === 'dropout')
    .map(({ attrs, inputs }) => ({
      module: paths.get(attrs['stream'] as number)!.replace(/\.attn_dropout$|(?<=\.self_attn)\.dropout$/, ''),
      p: attrs['p'] as number,
      shape: program.values[inputs[0]!]!.shape,
    }));
}

/** The stream of random numbers that a dropout draws from: what tells one from another in a graph. */
function streamOf(dropout: Dropout): number {
  const g = new GraphBuilder('dropout');
  const always = Object.assign(new Dropout(0.5), { path: dropout.path }).train();
  g.output('x', always.forward(g, g.feed('x', { shape: [1], dtype: 'f32' })));
  return opNodes(g.build()).find(({ op }) => op === 'dropout')!.attrs['stream'] as number;
}

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  test('training drops where transformers does, at its rates', () => {
    expect(placesOf(adapted(one, modelOf(configOf(one))).train())).toEqual(one.places);
  });

  test('evaluation drops nothing', () => {
    expect(placesOf(adapted(one, modelOf(configOf(one))).eval())).toEqual([]);
  });

  test('another rate takes the place of all of the model’s own, but not of the adapters’', () => {
    const isAdapter = ({ module }: Place) => module.endsWith('.lora_dropout');
    const other = adapted(one, modelOf(withDropout(configOf(one), 0.6))).train();
    expect(
      new Set(
        placesOf(other)
          .filter((place) => !isAdapter(place))
          .map(({ p }) => p),
      ),
    ).toEqual(new Set([0.6]));
    const none = adapted(one, modelOf(withDropout(configOf(one), 0))).train();
    expect(placesOf(none)).toEqual(one.places.filter(isAdapter));
  });

  test('its config.json is written with the same rates', () => {
    const written = modelConfigToHuggingFace(configOf(one), { source: one.config });
    expect(modelConfigFromHuggingFace(written).config).toEqual(configOf(one));
    for (const key of Object.keys(one.config).filter((key) => /_pdrop$|^attention_dropout$/.test(key)))
      expect([key, written[key]]).toEqual([key, one.config[key]]);
  });
});
