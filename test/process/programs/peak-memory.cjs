// One fit; prints, in bytes, by how much the process grew at its peak beyond what it was once LibTorch was there.
//   node peak-memory.cjs CONFIG      as JSON
const { readFileSync } = require('node:fs');
const { Trainer, version } = require('../../../dist/index.js');

function kibibytes(name) {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)[1]);
}

async function main() {
  await version();
  const before = kibibytes('VmRSS');
  const trainer = new Trainer(JSON.parse(process.argv[2]));
  await trainer.fit();
  trainer.dispose();
  console.log((kibibytes('VmHWM') - before) * 1024);
}

main();
