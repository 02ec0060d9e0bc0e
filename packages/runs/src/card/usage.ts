import { codeBlock } from './escape.js';

/** A form in which a folder holds a model. */
export type ModelKind = 'model' | 'adapter' | 'gguf' | 'onnx';

/** The facts that usage depends on. */
export interface UsageFacts {
  readonly name: string;
  readonly files: readonly string[];
  readonly kinds: readonly ModelKind[];
  readonly classifies: boolean;
}

const python = (...lines: string[]) => codeBlock(lines.join('\n'), 'python');
const shell = (...lines: string[]) => codeBlock(lines.join('\n'), 'sh');

function ofModel({ name, files, classifies }: UsageFacts): string[] {
  const auto = classifies ? 'AutoModelForSequenceClassification' : 'AutoModelForCausalLM';
  const hasTokenizer = files.includes('tokenizer.json');
  const run = classifies
    ? `npx attune inspect --model ${name} --data rows.jsonl`
    : `npx attune generate --model ${name} --prompt "Once"`;
  return [
    'With attune:',
    shell(run),
    'With transformers:',
    python(
      `from transformers import ${hasTokenizer ? `${auto}, AutoTokenizer` : auto}`,
      '',
      `model = ${auto}.from_pretrained("${name}")`,
      ...(hasTokenizer ? [`tokenizer = AutoTokenizer.from_pretrained("${name}")`] : []),
    ),
    ...(hasTokenizer
      ? []
      : ['It has no tokenizer that transformers knows: attune reads the one that `meta.json` describes.']),
  ];
}

function ofAdapter({ name, classifies }: UsageFacts, base: string | undefined): string[] {
  const auto = classifies ? 'AutoModelForSequenceClassification' : 'AutoModelForCausalLM';
  const model = base ?? 'BASE';
  return [
    ...(base === undefined
      ? ['`BASE` is the folder of the model that the adapter is for, which is not on the hub.']
      : []),
    'With attune:',
    shell(
      `hf download ${name} --local-dir adapter`,
      `npx attune generate --model ${model} --adapter adapter --prompt "Once"`,
    ),
    'With peft:',
    python(
      'from peft import PeftModel',
      `from transformers import ${auto}`,
      '',
      `base = ${auto}.from_pretrained("${model}")`,
      `model = PeftModel.from_pretrained(base, "${name}")`,
    ),
  ];
}

/** The sections that say how the files are used: one for each form there is. */
export function usageSections(facts: UsageFacts, base: string | undefined): string[] {
  const { name, kinds, files } = facts;
  const gguf = files.find((file) => /^[\w.-]+\.gguf$/.test(file));
  return [
    ...(kinds.includes('model') ? ofModel(facts) : []),
    ...(kinds.includes('adapter') ? ofAdapter(facts, base) : []),
    ...(gguf === undefined
      ? []
      : gguf.startsWith('adapter')
        ? [
            'With llama.cpp:',
            shell(
              `hf download ${name} ${gguf} --local-dir .`,
              `llama-cli -m BASE.gguf --lora ${gguf} -p "Once"`,
            ),
          ]
        : [
            'With llama.cpp:',
            shell(`hf download ${name} ${gguf} --local-dir .`, `llama-cli -m ${gguf} -p "Once"`),
          ]),
    ...(kinds.includes('onnx')
      ? [
          'With transformers.js:',
          codeBlock(
            [
              "import { pipeline } from '@huggingface/transformers';",
              '',
              `const generate = await pipeline('text-generation', '${name}', { dtype: 'fp32' });`,
            ].join('\n'),
            'js',
          ),
        ]
      : []),
  ];
}
