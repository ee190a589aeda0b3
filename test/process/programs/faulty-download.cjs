// Brings one published file or data set again and again while the n-th system call on it fails, for every n until none is
// left. Prints one line of JSON per attempt.
//   node faulty-download.cjs SERVER CACHE ORDER PUBLISHED      with test/process/faults/faults.c preloaded
const { existsSync, readdirSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { contentsSha256 } = require('../../../dist/data/contents-hash.js');
const { fetchDataset } = require('../../../dist/data/fetch-dataset.js');
const { sha256OfFile } = require('../../../dist/files/file-hash.js');
const { findWeights } = require('../../../dist/model/weights.js');
const { openOrder } = require('../faults/order.cjs');

const [server, cache, orderFile, published] = process.argv.slice(2);
const { weights, dataset } = JSON.parse(published);

const { arm, disarm } = openOrder(orderFile);

const environment = { XDG_CACHE_HOME: cache, TORCHWING_MIRROR: server };
const options = { environment, patience: { attempts: 2, pause: 1 } };

const KINDS = {
  weights: {
    match: '/weights/',
    bring: () => findWeights('IMAGENET1K_V1', { ...options, arch: 'resnet18', lookUp: () => weights }),
    path: join(cache, 'torchwing/weights', weights.fileName),
    isWhole: async (path) => (await sha256OfFile(path)) === weights.sha256,
  },
  dataset: {
    match: '/datasets/',
    bring: () => fetchDataset(dataset, options),
    path: join(cache, 'torchwing/datasets', dataset.folder),
    isWhole: async (path) => (await contentsSha256(path)) === dataset.contentsSha256,
  },
};
const FAULTS = ['open EACCES', 'write ENOSPC', 'write EIO', 'write short', 'fsync EIO', 'rename EIO'];

/** Where it is under its own name: null, or whether it is whole. */
const stateOf = async ({ path, isWhole }) => (existsSync(path) ? isWhole(path) : null);

async function outcomeOf(bring) {
  try {
    await bring();
    return { outcome: 'there' };
  } catch (error) {
    return { outcome: error.code ?? String(error) };
  }
}

async function attempt(name, fault, nth) {
  const kind = KINDS[name];
  const [call, error] = fault.split(' ');
  arm(call, nth, error, kind.match);
  const faulty = await outcomeOf(kind.bring);
  const seen = disarm();
  const whole = await stateOf(kind);
  const locks = readdirSync(join(kind.path, '..')).filter((file) => file.includes('.lock'));
  const again = await outcomeOf(kind.bring);
  const left = readdirSync(join(kind.path, '..'));
  console.log(
    JSON.stringify({
      name,
      fault,
      nth,
      seen,
      ...faulty,
      whole,
      locks,
      again,
      wholeAgain: await stateOf(kind),
      left,
    }),
  );
  rmSync(cache, { recursive: true, force: true });
  return seen;
}

async function main() {
  for (const name of Object.keys(KINDS))
    for (const fault of FAULTS) for (let nth = 1; (await attempt(name, fault, nth)) >= nth; nth += 1);
}

main();
