// The training of one thread in a cell of the matrix, up to the state in which its end is asked for.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Trainer, version } = require('../../../dist/index.js');
const { MISSED } = require('./cells.cjs');

const FOREVER = 100_000;

/** On a CUDA device: steps are recorded as a graph and replayed. */
const CUDA_GRAPH = process.env.TORCHWING_TEST_CUDA_GRAPH === '1';
/** The first epoch in whose steps nothing is recorded any more: the fourth whole batch of a run is. */
const REPLAYED_FROM = CUDA_GRAPH ? 2 : 0;
/** Steps before the first checkpoint of a state that writes some. */
const STEPS_TO_CHECKPOINT = CUDA_GRAPH ? 9 : 1;

/** Milliseconds between two looks for a state that no callback tells. */
const LOOK_EVERY = 1;

/** States whose steps run backward through the whole network. */
const FINETUNED = ['first step', 'mid-epoch'];

/** States that no callback tells: what is seen of them, given the run's folder. */
const SIGNS = {
  'loading LibTorch': () => readFileSync('/proc/self/maps', 'latin1').includes('libtorch_cpu.so'),
  'writing a checkpoint': (folder) =>
    existsSync(folder) && readdirSync(folder).some((name) => /^\.checkpoint-.*tmp/.test(name)),
};

class Fits {
  #cell;
  #listeners;
  #asked;
  #stop = new AbortController();

  /**
   * @param asked an Int32Array of one, shared by all threads of the process: the end is asked for once
   * @param listeners `reached`: called once, outside of any promise, so that what it throws is uncaught; `failing`: just before
   *   a callback throws instead
   */
  constructor(cell, asked, listeners) {
    this.#cell = cell;
    this.#asked = asked;
    this.#listeners = listeners;
  }

  /** Ends every fit. */
  abort() {
    this.#stop.abort(new Error('stopped'));
  }

  /** Trains side by side, each in its own folder, until one is in the state. */
  async run(names) {
    if (this.#cell.state === 'idle') return this.#idle(names);
    await Promise.all(names.map((name) => this.#train(name)));
    // Came to its end without having been in the state.
    if (this.#asked[0] === 0) process.exit(MISSED);
  }

  /** One epoch that nothing ends. */
  async whole(name) {
    const config = this.#config(name, 'extractor');
    // Whoever trains after it finds images that nobody looked at.
    const data = { ...config.data, preflight: false };
    const trainer = new Trainer({ ...config, data, epochs: 1 });
    await trainer.fit();
    trainer.dispose();
  }

  async #idle(names) {
    await version();
    for (const name of names) new Trainer(this.#config(name, 'extractor'));
    if (this.#cell.ending !== 'natural') this.#stayAlive();
    setImmediate(() => this.#reached());
  }

  /** Something that the host has to do until it is told to stop. */
  #stayAlive() {
    // A callback may begin while the end is asked for in another thread.
    if (this.#stop.signal.aborted) return;
    const alive = setInterval(() => {}, 1000);
    this.#stop.signal.addEventListener('abort', () => clearInterval(alive));
  }

  async #train(name) {
    const { state } = this.#cell;
    const config = this.#config(name, FINETUNED.includes(state) ? 'finetune' : 'extractor');
    const trainer = new Trainer(config);
    const there = SIGNS[state];
    const look = () => {
      if (there(config.output)) this.#reached();
    };
    const timer = there === undefined ? undefined : setInterval(look, LOOK_EVERY);
    try {
      await trainer.fit({ signal: this.#stop.signal, ...this.#callbacks(trainer) });
    } catch (error) {
      const { aborted, reason } = this.#stop.signal;
      const stopped = (aborted && error === reason) || error.code === 'DISPOSED';
      if (!stopped) throw error;
    } finally {
      clearInterval(timer);
    }
  }

  #config(name, mode) {
    const { data, place, state, ending } = this.#cell;
    const epochs = state === 'between epochs' ? 2 : 1;
    return {
      data: { dir: data, imageSize: 32, batchSize: 2, workers: 2 },
      model: { weights: null },
      mode,
      epochs: ending === 'natural' ? epochs : FOREVER,
      device: process.env.TORCHWING_TEST_DEVICE ?? 'cpu',
      cudaGraph: CUDA_GRAPH,
      threads: 2,
      checkpoint: { everySteps: state === 'writing a checkpoint' ? STEPS_TO_CHECKPOINT : 0 },
      output: join(place, name),
    };
  }

  #callbacks(trainer) {
    const { ending } = this.#cell;
    const soon = () => void setImmediate(() => this.#reached());
    switch (this.#cell.state) {
      case 'loading data':
        return { onPreflight: soon };
      case 'first step':
        return { onStart: soon };
      case 'mid-epoch':
        return {
          onProgress: ({ epoch, step, steps }) => void (epoch >= REPLAYED_FROM && step < steps && soon()),
        };
      case 'between epochs':
        return { onEpochEnd: soon };
      case 'in a callback':
        return {
          onPhaseEnd: () => {
            if (ending === 'unhandled rejection') {
              this.#asked[0] = 1;
              this.#listeners.failing();
              throw new Error('planted');
            }
            if (ending !== 'natural') this.#stayAlive();
            soon();
            return new Promise(() => {});
          },
        };
      case 'in dispose':
        return {
          onProgress: ({ epoch }) => {
            if (epoch < REPLAYED_FROM) return;
            setImmediate(() => {
              trainer.dispose();
              this.#reached();
            });
          },
        };
      default:
        return {};
    }
  }

  #reached() {
    if (Atomics.exchange(this.#asked, 0, 1) === 1) return;
    this.#listeners.reached();
  }
}

module.exports = { Fits };
