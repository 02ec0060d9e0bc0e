import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../serve.js', import.meta.url));

/** Serves what was built, as `npm run docs:serve` does, on a port that is free. @throws Error with what the server says. */
export async function openSite() {
  const server = spawn(process.execPath, [script, '--port', '0']);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  let output = '';
  const url = await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      output += String(chunk);
      const [found] = /http:\/\/\S+/.exec(output) ?? [];
      if (found) resolve(found);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    ended.then(() => reject(new Error(`The site could not be served:\n${output}`)));
  });
  return {
    url,
    async close() {
      server.kill();
      await ended;
    },
  };
}
