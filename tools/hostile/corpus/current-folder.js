/** The folder in which the command is run, which is a stranger's: planted packages and configurations. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const names = [
  ...['cpu', 'cuda', 'webgpu', 'wasm', 'reference', 'evil'].map((name) => `@attune/backend-${name}`),
  ...['core', 'data', 'formats', 'nn', 'train', 'hub', 'lowering-tfjs', 'lowering-onnx'].map(
    (name) => `@attune/${name}`,
  ),
  ...[
    'webgpu',
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-node',
    '@tensorflow/tfjs-node-gpu',
    '@tensorflow/tfjs-backend-wasm',
  ],
  ...[
    'onnxruntime-node',
    'onnxruntime-web',
    'onnxruntime-common',
    'yaml',
    'commander',
    'fflate',
    'bindings',
    'node-pre-gyp',
  ],
];

/** A package that says that it was run, whichever way it is loaded. */
function plant(places, root) {
  for (const name of names) {
    const folder = join(root, 'node_modules', name);
    mkdirSync(join(folder, 'lib'), { recursive: true });
    const source = `require('node:fs').writeFileSync(${JSON.stringify(places.marker(name.replace('/', '-')))}, '');\n`;
    writeFileSync(join(folder, 'index.cjs'), source);
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({
        name,
        version: '9.9.9',
        main: 'index.cjs',
        exports: { '.': './index.cjs', './*': './index.cjs', './package.json': './package.json' },
      }),
    );
  }
}

const planted = (name, inner = '') => ({
  name,
  write: (places) => plant(places, join(places.work, inner)),
});

const every = ['generate with any backend', 'doctor', 'generate', 'pretrain', 'finetune', 'inspect', 'evaluate', 'merge', 'export', 'verify', 'prepare', 'chat', 'pretrain resumed']; // prettier-ignore

export const currentFolder = [
  {
    family: 'current folder',
    commands: every,
    cases: [
      { ...planted('packages of these names'), commands: every },
      { ...planted('packages in the model', 'model'), commands: ['generate with any backend', 'export'] },
      { ...planted('packages in the run', 'run'), commands: ['pretrain resumed', 'verify'] },
      {
        name: 'configurations of npm and node',
        commands: ['generate with any backend', 'doctor', 'download'],
        write: (places) => {
          const evil = join(places.work, 'evil.cjs');
          writeFileSync(
            evil,
            `require('node:fs').writeFileSync(${JSON.stringify(places.marker('evil'))}, '');\n`,
          );
          const files = {
            '.npmrc': `script-shell=${evil}\nnode-options=--require ${evil}\n`,
            '.env': `NODE_OPTIONS=--require ${evil}\nHF_ENDPOINT=http://127.0.0.1:1\n`,
            'package.json': JSON.stringify({
              type: 'commonjs',
              scripts: { preinstall: `node ${evil}` },
              imports: { '#x': './evil.cjs' },
            }),
            'attune.config.js': `require('./evil.cjs')`,
            '.attunerc': 'backend: ./evil.cjs',
          };
          for (const [name, text] of Object.entries(files)) writeFileSync(join(places.work, name), text);
        },
      },
      {
        name: 'a library to be found first',
        commands: ['generate with any backend', 'doctor'],
        write: (places) => {
          for (const name of [
            'libvulkan.so.1',
            'libonnxruntime.so',
            'libtensorflow.so.2',
            'libcuda.so.1',
            'dawn.node',
          ]) {
            writeFileSync(join(places.work, name), 'no library');
          }
        },
      },
    ],
  },
  {
    family: 'outputs that are links',
    commands: ['merge', 'export', 'prepare', 'pretrain', 'finetune'],
    cases: [
      {
        name: 'to a folder outside',
        write: ({ work, outside }) => symlinkSync(join(outside, 'folder'), join(work, 'new')),
      },
      {
        name: 'to nothing outside',
        write: ({ work, outside }) => symlinkSync(join(outside, 'nothing'), join(work, 'new')),
      },
      {
        name: 'of files in the folder',
        write: ({ work, outside }) => {
          mkdirSync(join(work, 'new'));
          const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'metrics.jsonl', 'config.yaml', 'run.json', 'run.lock', 'meta.json', 'train.bin', 'onnx']; // prettier-ignore
          for (const name of files) symlinkSync(join(outside, 'victim.txt'), join(work, 'new', name));
        },
      },
      {
        name: 'of the folder it is written to first',
        write: ({ work, outside }) => {
          for (const name of ['new.tmp', '.new.tmp', 'new.partial', '.new.partial', '.new.new', '.new.old']) {
            symlinkSync(join(outside, 'folder'), join(work, name));
          }
        },
      },
    ],
  },
];
