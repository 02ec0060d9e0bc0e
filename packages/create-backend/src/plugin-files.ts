import type { PluginNames } from './names.js';
import { testRunners, type RunnerFiles, type TestRunnerName } from './runners.js';
import { partial, renderFolder, type Values } from './templates.js';

/** Where a backend runs: in browsers, workers and Node, or in Node alone. */
export type Platform = 'any' | 'node';

/** The parts of attune that a plugin depends on: versions, or `file:` addresses of tarballs. */
export interface AttunePackages {
  readonly dependencies: Values;
  readonly devDependencies: Values;
}

/** A plugin in a folder of its own. */
export interface PluginOptions {
  readonly names: PluginNames;
  readonly testRunner: TestRunnerName;
  readonly platform: Platform;
  readonly attune: AttunePackages;
}

/** A backend in attune's own workspace. */
export interface WorkspaceBackendOptions {
  readonly names: Pick<PluginNames, 'kebab' | 'camel'>;
  readonly platform: Platform;
  /** The version of the workspace. */
  readonly version: string;
}

const typesOf = (platform: Platform) => (platform === 'node' ? '["node"]' : '[]');

const json = (value: Values) => JSON.stringify(sorted(value), null, 2).replaceAll('\n', '\n  ');
const sorted = (value: Values) =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The files of a plugin that lives outside of attune's repository: texts by path. */
export function pluginFiles({ names, testRunner, platform, attune }: PluginOptions): Map<string, string> {
  const runner: RunnerFiles = testRunners[testRunner];
  const values: Values = {
    package: names.package,
    kebab: names.kebab,
    camel: names.camel,
    types: typesOf(platform),
    runner: testRunner,
    runnerImport: runner.import,
    test: runner.command,
    testCommand: 'npm test',
    only: runner.only[0],
    onlyWhat: runner.only[1],
    dependencies: json(attune.dependencies),
    devDependencies: json({
      ...attune.devDependencies,
      ...runner.devDependencies,
      '@types/node': '^20.19.0',
      typescript: '~6.0.3',
    }),
  };
  const replace = partial('shared/replace.md', values);
  return new Map([
    ...sources(values),
    ...renderFolder('outside', { ...values, replace }),
    ...(runner.templates === undefined ? [] : renderFolder(runner.templates, values)),
  ]);
}

/** The files of a backend in attune's own workspace: texts by path. */
export function workspaceBackendFiles({
  names,
  platform,
  version,
}: WorkspaceBackendOptions): Map<string, string> {
  const { kebab, camel } = names;
  const values: Values = {
    kebab,
    camel,
    version,
    platform,
    types: typesOf(platform),
    // The functions of jest are global there.
    runnerImport: '',
    testCommand: `npm run jest -- packages/backend-${kebab}`,
  };
  const replace = partial('shared/replace.md', values);
  return new Map([...sources(values), ...renderFolder('workspace', { ...values, replace })]);
}

/** The engine, its plugin and the spec: the same in both places. */
const sources = (values: Values) =>
  [...renderFolder('shared/src', values)].map(([path, text]) => [`src/${path}`, text] as const);
