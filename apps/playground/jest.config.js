import preset from '../../jest.preset.js';

// Longer than each wait for the page, which says what it waited for. Tests that start the browser and the command line several
// times take minutes on a machine that does much else.
export default { ...preset, displayName: 'playground', testTimeout: 300_000 };
