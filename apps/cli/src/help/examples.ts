import type { Command } from 'commander';

/** A command to type, and what it is for. */
export interface Example {
  readonly purpose: string;
  /** The arguments of `attune`, word by word, quoted where a shell needs it. */
  readonly args: readonly string[];
}

const example = (purpose: string, line: string): Example => ({
  purpose,
  args: line.match(/"[^"]*"|\S+/g) ?? [],
});

/** Examples by command, in the order of a first model: `attune` stands for the command line as a whole. */
const examples: Readonly<Record<string, readonly Example[]>> = {
  attune: [
    example('see which backends can run here', 'doctor'),
    example('train on the embedded stories', 'pretrain --preset stories --out runs/stories'),
    example('print a sample', 'generate --model runs/stories'),
  ],
  doctor: [
    example('this machine, and each backend', 'doctor'),
    example('whether a pinned choice can run, for a program', 'doctor --backend cpu --isa avx2 --json'),
    example('with the network and a run', 'doctor --online --run runs/book'),
  ],
  init: [
    example('ask, and write attune.yaml', 'init'),
    example('without questions', 'init book.yaml --yes --command pretrain --data data/book'),
  ],
  setup: [example('ask before anything is downloaded', 'setup cuda --libtensorflow tf')],
  download: [
    example('see what is missing, and its size', 'download HuggingFaceTB/SmolLM2-135M --dry-run'),
    example('for a machine without a network', 'download HuggingFaceTB/SmolLM2-135M'),
  ],
  prepare: [
    example('one token per character', 'prepare book.txt --out data/book'),
    example("GPT-2's tokenizer", 'prepare part-1.txt part-2.txt --tokenizer gpt2 --out data/book'),
  ],
  inspect: [
    example('five rows, tokens coloured', 'inspect --model runs/stories --data pairs.jsonl'),
    example('as a page', 'inspect --model runs/stories --data pairs.jsonl --html pairs.html'),
  ],
  presets: [
    example('what each takes, on which machine', 'presets'),
    example('one, with its settings and its command', 'presets smollm-lora'),
  ],
  plan: [
    example('before a run, with its flags', 'plan pretrain --preset stories'),
    example('after it', 'plan --check runs/stories'),
  ],
  'plan pretrain': [
    example('your own text', 'plan pretrain --data data/book --preset shakespeare-char-cpu'),
    example('every op, on each backend', 'plan pretrain --preset stories --ops'),
  ],
  'plan finetune': [
    example('LoRA', 'plan finetune --model runs/stories --data pairs.jsonl'),
    example('for a program', 'plan finetune --model runs/book --data train.jsonl --method full --json'),
  ],
  pretrain: [
    example('a first run, on the embedded stories', 'pretrain --preset stories --out runs/stories'),
    example('your own text', 'pretrain --data data/book --preset shakespeare-char-cpu --out runs/book'),
    example('with a page of curves and samples', 'pretrain --data data/book --out runs/book --ui'),
    example('see what would go on, and from where', 'pretrain --resume runs/book --dry-run'),
    example('after Ctrl-C or a crash', 'pretrain --resume runs/book'),
  ],
  finetune: [
    example('LoRA', 'finetune --model runs/stories --data pairs.jsonl --out runs/pairs'),
    example('all weights', 'finetune --model runs/book --data train.jsonl --method full --out run'),
    example('after Ctrl-C or a crash', 'finetune --resume runs/pairs'),
  ],
  verify: [
    example('the last 10 steps', 'verify runs/book'),
    example('from the beginning, on another backend', 'verify runs/book --from 0 --backend wasm'),
  ],
  report: [
    example('a page, and plots in the terminal', 'report runs/book'),
    example('plots alone', 'report runs/book --terminal'),
  ],
  compare: [example('curves of both, on a page', 'compare runs/book runs/book-2 --out books.html')],
  logs: [
    example('a table', 'logs runs/book --out book.csv'),
    example('for TensorBoard', 'logs runs/book --format tensorboard'),
  ],
  evaluate: [
    example('perplexity on the validation split', 'evaluate --model runs/book --data data/book'),
    example('the answers of a fine-tuned model', 'evaluate --model runs/pairs --data valid.jsonl --answers'),
  ],
  generate: [
    example('continue a prompt', 'generate --model runs/stories --prompt "Once there was"'),
    example('greedy decoding', 'generate --model runs/stories --temperature 0 --max-new-tokens 50'),
    example('many prompts, for a program', 'generate --model runs/stories --prompts prompts.jsonl --json'),
  ],
  chat: [example('a hub model', 'chat --model HuggingFaceTB/SmolLM2-135M-Instruct --system "Be brief."')],
  serve: [
    example('on this machine', 'serve runs/stories'),
    example('with adapters, in 8 bits', 'serve models/base --weights int8 --adapter pairs=runs/pairs'),
  ],
  merge: [example('an adapter into its model', 'merge --model runs/pairs --out models/pairs')],
  push: [
    example('see what would go up, and the model card', 'push runs/pairs your-name/pairs --dry-run'),
    example('a finished run, for yourself alone', 'push runs/pairs your-name/pairs --private'),
  ],
  bench: [
    example('two sizes, for a program', 'bench S M --json'),
    example('kernel by kernel, and decoding', 'bench S --profile --generate'),
    example('the same step in PyTorch', 'bench S --print-pytorch'),
  ],
  completion: [example('for bash, in this session', 'completion bash')],
  export: [example('half the size', 'export --model runs/book --out models/book --dtype f16')],
};

/** The examples of a command; those of the command line as a whole for `attune`. */
export function examplesOf(command: Command): readonly Example[] {
  // A command within another is called by both names.
  const within = command.parent?.parent ? `${command.parent.name()} ` : '';
  return examples[`${within}${command.name()}`] ?? [];
}

/** The examples of a command, as help shows them: each under what it is for, whole, so that it can be copied. */
export function examplesHelp(command: Command): string {
  const lines = examplesOf(command).map(({ purpose, args }) => `  # ${purpose}\n  attune ${args.join(' ')}`);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}\n`;
}
