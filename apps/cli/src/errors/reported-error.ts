import type { ExitCode } from '../environment/exit-codes.js';

/** Ends the command with an exit code; whoever has to be told why has been told. */
export class ReportedError extends Error {
  constructor(readonly exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
  }
}
