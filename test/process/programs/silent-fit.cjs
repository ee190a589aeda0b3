// One whole fit through the API, with callbacks that print nothing.
//   node silent-fit.cjs DATA
const { Trainer } = require('../../../dist/index.js');

const trainer = new Trainer({
  data: { dir: process.argv[2], imageSize: 32, batchSize: 4, workers: 2 },
  model: { weights: null },
  epochs: 2,
  device: 'cpu',
});
trainer.fit({ onEpochEnd: () => {} }).then(() => trainer.dispose());
