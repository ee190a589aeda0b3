// Writes a ResNet-18's weights, or reads a weight file and prints by how many bytes that raised the process's peak.
//   node weights-memory.cjs write FILE... | read FILE
const { readFileSync, writeFileSync } = require('node:fs');
const { ResNet18, StateDict, version } = require('../../../dist/index.js');

const [mode, ...files] = process.argv.slice(2);
const statusBytes = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;

async function write() {
  const model = await ResNet18.create({ classes: 1000 });
  const state = await model.stateDict();
  for (const file of files) await state.save(file);
}

async function read() {
  await version(); // maps LibTorch
  writeFileSync('/proc/self/clear_refs', '5'); // VmHWM starts again
  const before = statusBytes('VmRSS');
  const state = await StateDict.read(files[0]);
  console.log(statusBytes('VmHWM') - before);
  state.dispose();
}

void (mode === 'write' ? write() : read());
