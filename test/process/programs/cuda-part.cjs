// Prints whether LibTorch's CUDA half and torchwing's CUDA part are in this process, once the addon is.
//   node cuda-part.cjs
const { readFileSync } = require('node:fs');
const { version } = require('../../../dist/index.js');

async function main() {
  await version();
  const maps = readFileSync('/proc/self/maps', 'utf8');
  const mapped = (name) => new RegExp(`/${name}$`, 'm').test(maps);
  process.stdout.write(
    JSON.stringify({ half: mapped('libtorch_cuda\\.so'), part: mapped('torchwing_cuda\\.lt\\d+\\.so') }),
  );
}

void main();
