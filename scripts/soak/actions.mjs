/** What the soak does, over and over: each action holds what it saw against the references. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { outcomeOf } from './recipes.mjs';
import { STOPS } from './stops.mjs';
import { Predictor, Trainer } from './torchwing.mjs';

/** The last bits of a probability depend on the size of the batch. */
const PROBABILITY = 1e-5;
/** A run of four epochs has about 40 events; some stops come too late. */
const EVENTS = 30;

export class Actions {
  #place;
  #images;
  #recipes;
  #recipeFiles;
  #references;
  #runs = 0;
  counts = { fits: 0, resumes: 0, predictions: 0, images: 0, stops: {} };

  constructor({ place, images, recipes, recipeFiles, references }) {
    this.#place = place;
    this.#images = images;
    this.#recipes = recipes;
    this.#recipeFiles = recipeFiles;
    this.#references = references;
  }

  get names() {
    return ['train', 'resume', 'predict', 'together'];
  }

  /** A whole run, with a checkpoint and a copy of the weights asked for on the way. */
  async train(draws) {
    const { name, config, output } = this.#newRun(draws);
    const trainer = new Trainer(config);
    const asked = draws.integer(1, EVENTS);
    const copy = path.join(output, 'copy.pth');
    let seen = 0;
    this.counts.fits += 1;
    await trainer.fit({
      onEvent: async () => {
        seen += 1;
        if (seen !== asked) return;
        await trainer.save(copy);
        void trainer.checkpoint();
      },
    });
    await trainer.save(copy);
    trainer.dispose();
    await this.#finish(name, output);
  }

  /** A run that is interrupted some times, in any way, and goes on each time. */
  async resume(draws) {
    const { name, config, output } = this.#newRun(draws);
    for (let left = draws.integer(1, 4); left > 0; left -= 1) {
      const how = draws.pick(Object.keys(STOPS));
      config.data = { ...config.data, workers: draws.integer(1, 3) };
      const ended = await STOPS[how]({
        config,
        output,
        recipeFile: this.#recipeFiles[name],
        event: draws.integer(2, EVENTS),
        milliseconds: draws.integer(0, 1500),
      });
      this.counts.fits += 1;
      const key = ended === 'completed' ? 'tooLate' : how;
      this.counts.stops[key] = (this.counts.stops[key] ?? 0) + 1;
      if (ended === 'completed') break;
    }
    const trainer = new Trainer(config);
    await trainer.fit({ resume: 'auto' });
    trainer.dispose();
    this.counts.fits += 1;
    this.counts.resumes += 1;
    await this.#finish(name, output);
  }

  /** Some images, by path and by bytes, in batches of a drawn size. */
  async predict(draws) {
    const { weights, predictions } = this.#references[draws.pick(Object.keys(this.#references))];
    const images = draws.some(this.#images, draws.integer(1, this.#images.length));
    const inputs = images.map((image) => (draws.number() < 0.5 ? image : readFileSync(image)));
    const batchSize = draws.integer(1, 8);
    const predictor = await Predictor.load(weights, { threads: 1, workers: draws.integer(1, 3), batchSize });
    try {
      const found = await predictor.predict(inputs);
      for (const [at, classes] of found.entries()) {
        for (const [rank, { index, probability }] of predictions.get(images[at]).entries()) {
          const same = classes.find((one) => one.index === index);
          const difference = Math.abs(same.probability - probability);
          assert(
            difference <= PROBABILITY,
            `prediction of ${images[at]}, rank ${rank}: off by ${difference}`,
          );
        }
      }
    } finally {
      predictor.dispose();
    }
    this.counts.predictions += 1;
    this.counts.images += images.length;
  }

  /** Two at once: the compute thread serves both, and neither may see the other. */
  async together(draws) {
    const run = draws.pick(['train', 'resume']);
    const beside = draws.pick(['train', 'predict']);
    // Draws of its own for each, so that their order in time changes nothing.
    const [left, right] = [draws.fork(), draws.fork()];
    await Promise.all([this[run](left), this[beside](right)]);
  }

  #newRun(draws) {
    const name = draws.pick(Object.keys(this.#recipes));
    this.#runs += 1;
    const output = path.join(this.#place, `run-${this.#runs}`);
    const recipe = this.#recipes[name];
    const workers = draws.integer(1, 3);
    return { name, output, config: { ...recipe, output, data: { ...recipe.data, workers } } };
  }

  /** Holds a run that ended against its reference, and removes it. */
  async #finish(name, output) {
    assert.deepEqual(
      await outcomeOf(output),
      this.#references[name].outcome,
      `the end of ${output} (${name})`,
    );
    const unfinished = readdirSync(output).filter((file) => /tmp|lock|^\./.test(file));
    assert.deepEqual(unfinished, [], `temporary files in ${output}`);
    rmSync(output, { recursive: true });
  }
}
