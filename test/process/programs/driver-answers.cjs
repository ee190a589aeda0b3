// Prints what the CUDA driver said of itself and its devices while LibTorch was mapped.
//   node driver-answers.cjs
const { loadNativeWithLibTorch } = require('../../../dist/native/load.js');

async function main() {
  const { cuda } = await loadNativeWithLibTorch();
  process.stdout.write(JSON.stringify(cuda.driver));
}

void main();
