// The order that a program gives faults.c, which is preloaded into its process: a file of `struct order`.
const { openSync, readSync, writeSync } = require('node:fs');

/** Bytes of `struct order`. */
const ORDER_SIZE = 84;
const CALLS = { none: 0, open: 1, write: 2, fsync: 3, rename: 4, read: 5 };
const ERRORS = { EIO: 5, EACCES: 13, ENOSPC: 28, short: 0 };
const SEEN_AT = 12;
const MATCH_AT = 16;
const ONCE_AT = 80;

/** @param file that TORCHWING_FAULTS names */
function openOrder(file) {
  const order = openSync(file, 'r+');

  /** The `nth` call from now on a file with `match` in its path fails, and those behind it but where it is to be `once`. */
  function arm(call, nth, error, match, { once = false } = {}) {
    const bytes = Buffer.alloc(ORDER_SIZE);
    for (const [at, value] of [CALLS[call], nth, ERRORS[error] ?? 0, 0].entries())
      bytes.writeInt32LE(value, 4 * at);
    bytes.write(match, MATCH_AT, 'latin1');
    bytes.writeInt32LE(once ? 1 : 0, ONCE_AT);
    writeSync(order, bytes, 0, bytes.length, 0);
  }

  /** Ends the fault; how many calls it had to choose from. */
  function disarm() {
    const bytes = Buffer.alloc(4);
    readSync(order, bytes, 0, 4, SEEN_AT);
    arm('none', 0, 'EIO', '');
    return bytes.readInt32LE(0);
  }

  return { arm, disarm };
}

module.exports = { ORDER_SIZE, openOrder };
