import { access, constants } from 'node:fs/promises';
import { chromium, type Browser } from 'playwright-core';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Where Chromium is: `ATTUNE_CHROMIUM`, or one of the usual places. `undefined` if it is nowhere. */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env['ATTUNE_CHROMIUM'];
  for (const path of named ? [named] : usualPlaces) if (await isExecutable(path)) return path;
  return undefined;
}

const quiet = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** SwiftShader: a GPU in software, the same on every machine. */
const softwareWebGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Starts a headless browser with an empty profile. */
export function launchChromium(executablePath: string, webgpu: boolean): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [...quiet, ...(webgpu ? softwareWebGpu : [])],
  });
}
