import preset from '../../jest.preset.js';

export default { ...preset, displayName: 'example-finetune', testTimeout: 60_000 };
