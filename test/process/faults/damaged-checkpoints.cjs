const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { StateDict } = require('../../../dist/index.js');

/** Reads every checkpoint in `folder`; what those that are not whole are refused with. */
async function damagedCheckpoints(folder) {
  const damaged = [];
  for (const name of readdirSync(folder).filter((one) => one.startsWith('checkpoint-'))) {
    try {
      (await StateDict.readCheckpoint(join(folder, name))).dispose();
    } catch (error) {
      damaged.push(error.message);
    }
  }
  return damaged;
}

module.exports = { damagedCheckpoints };
