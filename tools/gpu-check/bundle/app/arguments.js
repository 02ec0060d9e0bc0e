import { parseArgs } from 'node:util';

export const USAGE = `Usage: run [SECONDS] [OPTION]…

Checks attune on this machine's GPU for at most SECONDS (default: 480), and writes report.json and report.md.

  --out FOLDER        where the reports go (default: the current folder)
  --python PROGRAM    a Python with PyTorch, which the same steps are timed in (default: python3)
  --cuda-dir FOLDER   what 'attune setup cuda' has prepared: backend cuda is checked as well
  --only PARTS        parts by their names, with commas between them, e.g. kit,S,decoding
  --allow-software    take an adapter that computes on the CPU: for trying this out, never for figures
  --help`;

/**
 * The options of a command line, or what is wrong with it.
 *
 * @param {string[]} args
 * @param {readonly string[]} names of parts
 * @returns {{ options?: object, fault?: string }}
 */
export function readArguments(args, names) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        out: { type: 'string', default: '.' },
        python: { type: 'string', default: 'python3' },
        'cuda-dir': { type: 'string' },
        only: { type: 'string' },
        'allow-software': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return { fault: error.message };
  }
  const { values, positionals } = parsed;
  const [given = '480', ...more] = positionals;
  const seconds = Number(given);
  if (more.length > 0)
    return { fault: `One argument is expected, the seconds, not ${positionals.join(' ')}.` };
  if (!(seconds >= 20 && seconds <= 86_400)) {
    return { fault: `SECONDS is a number from 20 on, at most a day, and not ${given}.` };
  }
  const only = values.only?.split(',').map((name) => name.trim());
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) return { fault: `There is no part "${unknown}". Parts: ${names.join(', ')}.` };
  if (only?.some((name) => name.startsWith('cuda: ')) && values['cuda-dir'] === undefined) {
    return { fault: 'Parts of backend cuda need --cuda-dir.' };
  }
  return {
    options: {
      seconds,
      out: values.out,
      python: values.python,
      ...(values['cuda-dir'] !== undefined && { cudaDir: values['cuda-dir'] }),
      ...(only && { only }),
      allowSoftware: values['allow-software'],
      help: values.help,
    },
  };
}
