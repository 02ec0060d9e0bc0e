/** Signs of what torch.compile lacks on a bare machine, in what its errors and its C compiler say. */
const LACKS = [
  [/Python\.h/, "Python's headers (Debian and Ubuntu: apt install python3-dev)"],
  [
    /C compiler|C\+\+ compiler|\bg?cc\b.*(not found|No such file)|cc1/i,
    'a C compiler (Debian and Ubuntu: apt install gcc g++)',
  ],
  [
    /-lcuda\b|libcuda/,
    'libcuda.so.1 where the linker finds it (run ldconfig, or name its folder in LIBRARY_PATH)',
  ],
  [/failed to map segment|Operation not permitted/, 'a temporary folder that programs run from: set TMPDIR'],
  [/triton/i, 'Triton (pip install triton)'],
];

/**
 * Says why PyTorch cannot compile.
 *
 * @param {{ message: string, stderr?: string, timedOut?: boolean }} error of a trial
 */
export function compilerAdvice({ message, stderr = '', timedOut }) {
  if (timedOut) return 'torch.compile took too long for a sum';
  const said = `${message}\n${stderr}`;
  const lacks = LACKS.find(([sign]) => sign.test(said));
  const [first] = message.split('\n');
  return lacks ? `torch.compile lacks ${lacks[1]}: ${first}` : `torch.compile fails: ${first}`;
}
