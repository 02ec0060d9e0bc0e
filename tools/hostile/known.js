/** Cases that fail, by title, and why they are left so. Each is a fault that is not mended yet. */
const sizes = 'Sizes are not planned before they are allocated.';
const endless =
  'As many batches are drawn as are asked for, and --max-seconds is looked at between steps only.';

const asked = (family, command, names, reason) =>
  names.map((name) => [`${family}: ${name}: ${command}`, reason]);

export const known = Object.fromEntries([
  ...asked(
    'settings with sizes',
    'pretrain with settings',
    [
      'a batch of 10^9',
      'a batch of 10^15',
      'a million layers',
      'a thousand million layers',
      'a width of 10^7',
      'a width of 10^5',
      'a vocabulary of 10^12',
      'heads of 10^9',
    ],
    sizes,
  ),
  ...asked('settings with sizes', 'pretrain with settings', ['accumulation over 10^12'], endless),
  ...asked(
    'settings of fine-tuning with sizes',
    'finetune with settings',
    ['a rank of 999,999,999', 'a rank of 10^15'],
    sizes,
  ),
]);
