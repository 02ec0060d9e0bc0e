import {
  interpret,
  NdArray,
  type HostTensors,
  type InterpretedResults,
  type NdArrays,
  type Program,
} from '@attune/core';

function arraysOf(tensors: HostTensors): NdArrays {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype, data }]) => [name, new NdArray(shape, dtype, data)]),
  );
}

/** Runs a program by the interpreter in float64: the expected results of float32 backends. */
export function truth(program: Program, feeds: HostTensors, state: HostTensors = {}): InterpretedResults {
  return interpret(program, { feeds: arraysOf(feeds), state: arraysOf(state) }, 'f64');
}
