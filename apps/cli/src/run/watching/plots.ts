import { terminalPlot, type RunOverview } from '@attune/tracking';
import type { Printer } from '../../printing/printer.js';

/** Where nothing says how wide a line may be: behind a pipe. */
const COLUMNS = 80;

/** Columns of a plot: the last stays free, since some terminals begin a new line when it is written to. */
export const plotColumns = ({ columns = COLUMNS }: Pick<Printer, 'columns'>) => columns - 1;

/** The losses of a run: dots for the training loss, marks for the validation loss. */
export function lossPlot({ curves, averages }: RunOverview, output: Pick<Printer, 'columns'>): string[] {
  const validation = curves.get('valLoss')?.points() ?? [];
  const plot = terminalPlot({ columns: plotColumns(output) }, [
    { points: averages.get('loss')!.points() },
    { points: validation, mark: 'o' },
  ]);
  if (plot.length === 0) return [];
  return [`loss by step: train, moving average${validation.length > 0 ? '; o validation' : ''}`, ...plot];
}

/** The gradient norms of a run, by powers of ten where there are several. */
export function normPlot({ curves }: RunOverview, output: Pick<Printer, 'columns'>): string[] {
  const points = curves.get('gradNorm')?.points() ?? [];
  const plot = terminalPlot({ columns: plotColumns(output), rows: 6, yScale: 'log' }, [{ points }]);
  return plot.length === 0 ? [] : ['gradient norm by step', ...plot];
}

/** Letters that tell runs apart, in a plot and in the table beside it. */
export const letterOf = (run: number) => String.fromCharCode(65 + (run % 26));

/** The training losses of several runs, each by its letter. */
export function lossesPlot(runs: readonly RunOverview[], output: Pick<Printer, 'columns'>): string[] {
  const plot = terminalPlot(
    { columns: plotColumns(output), rows: 16 },
    runs.map(({ averages }, i) => ({ points: averages.get('loss')!.points(), mark: letterOf(i) })),
  );
  return plot.length === 0 ? [] : ['train loss by step, moving average', ...plot];
}
