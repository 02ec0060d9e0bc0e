/** Why onnxruntime does not load, and what to do about it. */
export class StartFailure extends Error {
  constructor(
    readonly reason: string,
    readonly fix?: string,
    /** The packages that are not installed. */
    readonly packages?: readonly string[],
  ) {
    super(fix ? `${reason}. ${fix}` : reason);
  }

  /** Tells apart a package that is not installed, one without a library for this machine, and one that does not load. */
  static from(error: unknown): StartFailure {
    if (error instanceof StartFailure) return error;
    const { code, message } = error as { code?: string; message?: string };
    const text = message ?? String(error);
    if (text.includes('onnxruntime_binding.node')) {
      return new StartFailure(
        `onnxruntime-node has no library for ${process.platform} ${process.arch}`,
        'It supports Linux and Windows on x64 and arm64, and macOS on arm64. Use --backend wasm here.',
      );
    }
    if (
      (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
      /'onnxruntime-(node|common)'/.test(text)
    ) {
      return new StartFailure(
        'the package onnxruntime-node is not installed',
        'Install it: npm install onnxruntime-node --ignore-scripts (its script would fetch CUDA, too).',
        ['onnxruntime-node'],
      );
    }
    if (code === 'ERR_MODULE_NOT_FOUND' && text.includes("'@attune/lowering-onnx'")) {
      const packages = ['@attune/lowering-onnx', 'onnxruntime-node'];
      return new StartFailure(
        'the package @attune/lowering-onnx is not installed',
        `Install it: npm install ${packages.join(' ')} --ignore-scripts.`,
        packages,
      );
    }
    if (code === 'ERR_DLOPEN_FAILED') {
      return new StartFailure(
        `onnxruntime's native library does not load: ${text}`,
        'It needs glibc 2.28 or newer on Linux (Alpine has none), and the Visual C++ runtime on Windows.',
      );
    }
    return new StartFailure(`onnxruntime-node failed to load: ${text}`);
  }
}
