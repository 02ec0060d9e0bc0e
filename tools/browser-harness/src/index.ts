/**
 * Runs tests in headless Chromium: bundled by Vite, served with cross-origin isolation, reported one by one.
 *
 * @packageDocumentation
 */
export { findChromium, launchChromium } from './chromium.js';
export { describeInBrowser, requireChromium, type DescribeInBrowserOptions } from './describe-in-browser.js';
export { describeInProcess, type DescribeInProcessOptions } from './describe-in-process.js';
export type { FileLoader, FileSaver } from './serve.js';
export type { SessionOptions } from './session.js';
export type { Browser, Page } from 'playwright-core';
export { installApp, type InstalledApp, type ServedApp } from './serve-app.js';
