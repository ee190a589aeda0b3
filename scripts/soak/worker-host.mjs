/** Trains in a worker thread, and says when it has come to the event at which it will be terminated. */
import { parentPort, workerData } from 'node:worker_threads';
import { Trainer } from './torchwing.mjs';

const { config, event } = workerData;
let seen = 0;
const { stopped } = await new Trainer(config).fit({
  resume: 'auto',
  onEvent: () => {
    seen += 1;
    if (seen === event) parentPort.postMessage('interrupted');
  },
});
parentPort.postMessage(stopped);
