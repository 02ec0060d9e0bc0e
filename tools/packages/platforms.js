/** Platforms that the native engine is cross-compiled for, by Node's names, and Zig's name of each. glibc: the oldest that Node 20 runs on. */
export const otherPlatforms = [
  { platform: 'linux', architecture: 'x64', libc: 'musl', zig: 'x86_64-linux-musl' },
  { platform: 'linux', architecture: 'arm64', libc: 'glibc', zig: 'aarch64-linux-gnu.2.28' },
  { platform: 'linux', architecture: 'arm64', libc: 'musl', zig: 'aarch64-linux-musl' },
  { platform: 'darwin', architecture: 'x64', zig: 'x86_64-macos.11.0' },
  { platform: 'darwin', architecture: 'arm64', zig: 'aarch64-macos.11.0' },
  { platform: 'win32', architecture: 'x64', zig: 'x86_64-windows-gnu' },
];

/** The platform that releases are built and tested on. */
export const ownPlatform = { platform: 'linux', architecture: 'x64', libc: 'glibc' };
