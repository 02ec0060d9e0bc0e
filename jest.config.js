/** All projects at once: `npm run jest -- packages/core`. nx runs each project's own jest.config.js instead. */
export default {
  // Of several projects, jest takes it from here, and not from their preset.
  testTimeout: 180_000,
  projects: [
    '<rootDir>/packages/*',
    '<rootDir>/apps/cli',
    '<rootDir>/apps/playground',
    '<rootDir>/apps/example-finetune',
    '<rootDir>/apps/example-images',
    '<rootDir>/tools/browser-harness',
    '<rootDir>/tools/cross-backend',
    '<rootDir>/tools/workspace-plugin',
  ],
};
