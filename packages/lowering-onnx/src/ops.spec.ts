import { expectCase, opCases, type OpCase } from '@attune/backend-testkit';
import type { Target } from './index.js';
import { runModel } from './testing/run-model.js';

// Every op and every gradient, on onnxruntime's CPU provider, as they are written where no conformance kit may run. For
// `cpu` they are compared with the same truth by the backend.
describe.each<Target>(['webgpu', 'portable'])('for %s', (target) => {
  describe.each(Object.entries(opCases))('%s', (_family, cases) => {
    test.each(cases.map((one): [string, OpCase] => [one.name, one]))('%s', (_name, one) =>
      expectCase(one, (program, feeds) => runModel(program, { target }, feeds)),
    );
  });
});
