import preset from '../../jest.preset.js';

// Runs that are trained whole take seconds where the cores are shared.
export default { ...preset, displayName: 'cli', testTimeout: 60_000 };
