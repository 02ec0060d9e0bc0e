import { ok, warning, type Check } from '../../facts/finding.js';

/** attune did not exist before. */
const EARLIEST = Date.UTC(2025, 0, 1);
/** Certificates and tokens forgive less than this. */
const MOST_OFF = 5 * 60_000;

const FIX =
  'Set the clock: timedatectl set-ntp true on Linux; restart WSL or the virtual machine after a sleep.';

export const clock: Check = ({ now, hub }) => {
  if (now === undefined) return [];
  const date = new Date(now).toISOString().slice(0, 10);
  if (now < EARLIEST) {
    return [warning('clock', `the clock says ${date}: no certificate of the hub is valid then`, FIX)];
  }
  const off = hub?.date === undefined ? 0 : Math.abs(now - hub.date);
  if (off > MOST_OFF) {
    return [warning('clock', `the clock is ${Math.round(off / 60_000)} minutes off the hub's`, FIX)];
  }
  return [ok('clock', `the clock says ${date}`)];
};
