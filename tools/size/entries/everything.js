/** All that four packages export: nothing of it can be shaken off. */
export * as core from '@attune/core';
export * as nn from '@attune/nn';
export * as train from '@attune/train';
export * as wasm from '@attune/backend-wasm';
