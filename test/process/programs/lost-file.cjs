// Trains for three epochs and, between the first and the second, has something happen to a photo. Prints one line of JSON.
//   node lost-file.cjs DATA PHOTO WHAT POLICY
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
const { dirname } = require('node:path');
const { Trainer } = require('../../../dist/index.js');

const [data, photo, what, policy] = process.argv.slice(2);

const HAPPENINGS = {
  deleted: () => fs.rmSync(photo),
  'deleted with its folder': () => fs.rmSync(dirname(photo), { recursive: true }),
  'replaced by a folder': () => {
    fs.rmSync(photo);
    fs.mkdirSync(photo);
  },
  'replaced by a FIFO': () => {
    fs.rmSync(photo);
    execFileSync('mkfifo', [photo]);
  },
  'replaced by a link to nothing': () => {
    fs.rmSync(photo);
    fs.symlinkSync('nowhere', photo);
  },
  'replaced by other bytes': () => fs.writeFileSync(photo, 'no photo at all'),
  'cut off': () => fs.truncateSync(photo, 300),
  emptied: () => fs.truncateSync(photo, 0),
  unreadable: () => fs.chmodSync(photo, 0),
};

const trainer = new Trainer({
  data: { dir: data, imageSize: 64, batchSize: 4, workers: 2, onBadImage: policy },
  model: { weights: null },
  mode: 'extractor',
  epochs: 3,
  device: 'cpu',
});
const told = { outcome: '', message: '', skipped: [] };
trainer
  .fit({
    onEpochEnd: ({ epoch }) => {
      if (epoch === 0) HAPPENINGS[what]();
    },
    onPhaseEnd: ({ phase, skipped }) => {
      if (phase === 'train') told.skipped.push(skipped);
    },
  })
  .then(
    ({ stopped }) => {
      told.outcome = stopped;
    },
    ({ code, message }) => Object.assign(told, { outcome: code ?? 'no code', message }),
  )
  .then(() => {
    trainer.dispose();
    // Nothing ends the process but its having nothing left to do.
    console.log(JSON.stringify(told));
  });
