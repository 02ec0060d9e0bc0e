import type { Report, Request } from '../../protocol.js';

type Kind = Report['kind'];
type ReportOf<K extends Kind> = Extract<Report, { readonly kind: K }>;

/** A function for each kind of report that a part of the page wants. */
export type ReportHandlers = { readonly [K in Kind]?: (report: ReportOf<K>) => void };

/** The page's side of the messages between it and its one worker. */
export class Connection {
  private readonly listeners: ReportHandlers[] = [];
  private readonly endings: ((reason: string) => void)[] = [];

  constructor(private readonly worker: Worker) {
    worker.addEventListener('message', ({ data: report }: MessageEvent<Report>) => {
      for (const handlers of this.listeners) {
        (handlers[report.kind] as ((report: Report) => void) | undefined)?.(report);
      }
    });
    worker.addEventListener('error', ({ message }) => {
      for (const ending of this.endings) ending(message || 'it could not be loaded');
    });
  }

  send(request: Request): void {
    this.worker.postMessage(request);
  }

  /** Adds what handles reports, beside those that handle them already. */
  listen(handlers: ReportHandlers): void {
    this.listeners.push(handlers);
  }

  /** Adds what is called with the reason if the worker ends by an error that nobody caught, and hears nothing more. */
  whenLost(ending: (reason: string) => void): void {
    this.endings.push(ending);
  }
}
