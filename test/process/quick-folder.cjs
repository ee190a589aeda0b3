const { statfsSync } = require('node:fs');
const { tmpdir } = require('node:os');

/**
 * A folder for many large files: memory where there is enough, since a disk makes each checkpoint wait for it.
 * @param room bytes that the files stay below
 */
function quickFolder(room = 2 ** 31) {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > room ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

module.exports = { quickFolder };
