/**
 * Switches off the telemetry that onnxruntime's packages for Linux and macOS send to Microsoft by default, along with the
 * device id they keep in the home folder. A value that the user has set stays.
 *
 * onnxruntime reads the variable once, when it loads, from the environment of the process: only the main thread can set
 * it.
 */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}
