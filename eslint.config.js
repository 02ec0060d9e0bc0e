import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import * as jsonc from 'jsonc-eslint-parser';
import tseslint from 'typescript-eslint';
import { docCommentStart } from './tools/lint/doc-comments.js';

const specs = ['**/*.spec.ts', '**/testing/**/*.ts'];

/** Packages tagged `platform:any`: they run unchanged in a browser, a worker and Node. */
const platformAny = [
  'packages/{core,files,nn,data,demo-data,train,formats,runs,engine,serve,tracking}/src/**/*.ts',
  'packages/{export-onnx,lowering-tfjs,lowering-onnx,backend-reference,backend-wasm,backend-webgpu,backend-testkit}/src/**/*.ts',
];

const engines = {
  tfjs: {
    group: ['@tensorflow/*'],
    message: 'tfjs belongs to lowering-tfjs, backend-wasm and backend-cuda: go through the Backend contract.',
  },
  onnxruntime: {
    group: ['onnxruntime-*'],
    message: 'onnxruntime belongs to backend-webgpu and backend-cpu: go through the Backend contract.',
  },
};

const nodeModules = {
  group: ['node:*'],
  message: 'This package runs in browsers too: put Node-only code under src/node/, the ./node entry point.',
};

const platformGlobals = ['process', 'Buffer', 'window', 'document', '__dirname', '__filename', 'require'].map(
  (name) => ({ name, message: 'This package runs in browsers, workers and Node: take it as a parameter.' }),
);

const restrictImports = (...patterns) => ({
  'no-restricted-imports': ['error', { patterns }],
});

/**
 * The one way imports point: core <- libraries and lowerings <- backends, exports and services <- apps. The conformance
 * kit is for specs: it sits on core and nn, so these two are tested without it (core's interpreter is their oracle).
 */
const layers = [
  { sourceTag: 'type:core', onlyDependOnLibsWithTags: [] },
  {
    sourceTag: 'type:library',
    onlyDependOnLibsWithTags: ['type:core', 'name:nn', 'name:files', 'name:formats'],
  },
  { sourceTag: 'type:lowering', onlyDependOnLibsWithTags: ['type:core'] },
  { sourceTag: 'type:backend', onlyDependOnLibsWithTags: ['type:core', 'type:lowering'] },
  { sourceTag: 'type:demo', onlyDependOnLibsWithTags: ['type:core', 'type:library'] },
  { sourceTag: 'type:run', onlyDependOnLibsWithTags: ['type:core', 'type:library', 'type:demo'] },
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:core', 'type:library', 'type:run'] },
  { sourceTag: 'type:export', onlyDependOnLibsWithTags: ['type:core', 'type:library', 'type:lowering'] },
  { sourceTag: 'type:testkit', onlyDependOnLibsWithTags: ['type:core', 'name:nn'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['*'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['*'] },
];

/** Specs may also use a model, the oracle, the conformance kit, and the harness that runs it in a browser. */
const layersOfSpecs = layers.map(({ sourceTag, onlyDependOnLibsWithTags: tags }) => ({
  sourceTag,
  onlyDependOnLibsWithTags: tags.includes('*')
    ? tags
    : [...tags, 'type:testkit', 'name:nn', 'name:backend-reference', 'name:browser-harness'],
}));

const platforms = [
  { sourceTag: 'platform:any', onlyDependOnLibsWithTags: ['platform:any'] },
  { sourceTag: 'platform:node', onlyDependOnLibsWithTags: ['platform:any', 'platform:node'] },
  { sourceTag: 'platform:browser', onlyDependOnLibsWithTags: ['platform:any'] },
];

/** Specs run in Node, and may open a browser from there; those of a page may see what Node makes of its files. */
const platformsOfSpecs = platforms.map(({ sourceTag, onlyDependOnLibsWithTags: tags }) => ({
  sourceTag,
  onlyDependOnLibsWithTags: [
    ...tags,
    'name:browser-harness',
    ...(sourceTag === 'platform:browser' ? ['platform:node'] : []),
  ],
}));

const moduleBoundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    // One name for two files of a package: the one for Node and the one for browsers.
    { enforceBuildableLibDependency: true, allow: ['#platform'], depConstraints },
  ],
});

export default tseslint.config(
  {
    ignores: [
      ...['**/dist/', '**/out-tsc/', '**/coverage/', '.nx/', 'data/', 'runs/', '.tmp/'],
      // Outside of the workspace: checked where it is installed.
      'examples/backend-*/',
      // Generated.
      'packages/lowering-onnx/src/schema/',
    ],
  },
  { plugins: { '@nx': nx } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A promise nobody waits for is a training step that fails in silence.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      eqeqeq: ['error', 'smart'],
    },
  },
  { files: ['**/src/**/*.ts'], ignores: specs, rules: moduleBoundaries([...layers, ...platforms]) },
  { files: specs, rules: moduleBoundaries([...layersOfSpecs, ...platformsOfSpecs]) },

  // Later entries replace earlier ones for the same rule, so each lists all that it forbids.
  { files: ['**/*.ts'], rules: restrictImports(engines.tfjs, engines.onnxruntime) },
  {
    files: platformAny,
    ignores: [...specs, '**/src/node/**'],
    rules: {
      ...restrictImports(engines.tfjs, engines.onnxruntime, nodeModules),
      'no-restricted-globals': ['error', ...platformGlobals],
    },
  },
  // The script of a page.
  {
    files: ['packages/tracking/src/live/browser/**/*.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: ['packages/{lowering-tfjs,backend-wasm}/src/**/*.ts'],
    ignores: [...specs, '**/src/node/**'],
    rules: restrictImports(engines.onnxruntime, nodeModules),
  },
  {
    files: [
      'packages/{lowering-tfjs,backend-wasm}/src/**/*.spec.ts',
      'packages/{lowering-tfjs,backend-wasm}/src/testing/**/*.ts',
      'packages/{lowering-tfjs,backend-wasm}/src/node/**/*.ts',
    ],
    rules: restrictImports(engines.onnxruntime),
  },
  { files: ['packages/backend-cuda/src/**/*.ts'], rules: restrictImports(engines.onnxruntime) },
  {
    files: [
      'packages/{backend-webgpu,backend-cpu}/src/**/*.ts',
      'packages/{lowering-onnx,formats,export-onnx}/src/**/*.spec.ts',
      'packages/{lowering-onnx,formats,export-onnx}/src/testing/**/*.ts',
      // What was exported is run.
      'packages/export-onnx/src/node/**/*.ts',
      'tools/bench/src/generation/exported-decoder.ts',
    ],
    rules: restrictImports(engines.tfjs),
  },
  {
    files: ['packages/backend-webgpu/src/**/*.ts'],
    ignores: [...specs, '**/src/node/**'],
    rules: restrictImports(engines.tfjs, nodeModules),
  },

  // Texts of strangers are shown as text: nothing of the page is made from markup.
  {
    files: ['apps/playground/src/**/*.ts'],
    ignores: specs,
    rules: {
      'no-restricted-properties': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML'].map((property) => ({
          property,
          message: 'Set textContent, or append elements that createElement made.',
        })),
      ],
    },
  },

  {
    files: ['**/*.ts', '**/*.js'],
    plugins: { attune: { rules: { 'doc-comment-start': docCommentStart } } },
    rules: { 'attune/doc-comment-start': 'error' },
  },

  // What a published package imports has to be in its package.json.
  {
    files: ['packages/*/package.json', 'apps/cli/package.json'],
    languageOptions: { parser: jsonc },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          buildTargets: ['build'],
          checkObsoleteDependencies: false,
          ignoredFiles: [
            '{projectRoot}/**/*.spec.ts',
            '{projectRoot}/**/testing/**',
            '{projectRoot}/jest.config.js',
          ],
        },
      ],
    },
  },
  prettier,
);
