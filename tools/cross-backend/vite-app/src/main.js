const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

globalThis.reports = [];
worker.onmessage = ({ data }) => globalThis.reports.push(data);
worker.onerror = ({ message }) => globalThis.reports.push({ error: `The worker ended: ${message}` });
