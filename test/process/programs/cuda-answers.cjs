// Prints what cuda.status() says, and what a handle says that is asked for the device.
//   node cuda-answers.cjs
const { cuda, Tensor } = require('../../../dist/index.js');

async function main() {
  const status = await cuda.status();
  const refusal = await Tensor.from(new Float32Array(1), [1], { device: 'cuda' }).then(
    () => null,
    ({ code, message, hint }) => ({ code, message, hint }),
  );
  // The CPU half is whole whatever CUDA says.
  const sum = await (await Tensor.from(new Float32Array([1, 2]), [2])).sum();
  process.stdout.write(JSON.stringify({ status, refusal, sum: await sum.item() }));
}

void main();
