/** The process that the soak is about; run.mjs starts it and reads what it prints: one line of JSON at a time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Actions } from './actions.mjs';
import { Draws } from './draws.mjs';
import { makeReferences, recipesOn } from './recipes.mjs';
import { STOPS } from './stops.mjs';
import { version } from './torchwing.mjs';
import { Watch } from './watch.mjs';

const { place, data, images, minutes, seed } = JSON.parse(process.argv[2]);
/** Milliseconds after which an action hangs. */
const HANGS = 180_000;
const REPORT_EVERY = 30_000;

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function writeRecipes(recipes) {
  return Object.fromEntries(
    Object.entries(recipes).map(([name, recipe]) => {
      const file = path.join(place, `${name}.json`);
      writeFileSync(file, JSON.stringify(recipe));
      return [name, file];
    }),
  );
}

async function inTime(name, work) {
  let clock;
  const late = new Promise((_, reject) => {
    clock = setTimeout(() => reject(new Error(`${name} did not end in ${HANGS / 1000} s`)), HANGS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(clock);
  }
}

async function soak() {
  const { TMPDIR } = process.env;
  mkdirSync(TMPDIR, { recursive: true });
  const recipes = recipesOn(data);
  const references = await makeReferences(recipes, place, images);
  say({ type: 'begin', versions: await version(), recipes: Object.keys(recipes), stops: Object.keys(STOPS) });
  const watch = new Watch(TMPDIR);
  const actions = new Actions({ place, images, recipes, recipeFiles: writeRecipes(recipes), references });
  const draws = new Draws(seed);
  const done = Object.fromEntries(actions.names.map((name) => [name, 0]));
  const end = performance.now() + minutes * 60_000;
  const figures = (at) => ({ actions: at, done, ...actions.counts, figures: watch.figures() });
  const fail = (at, name, error) => {
    say({ type: 'failure', action: at, name, message: error.stack, ...figures(at) });
    process.exitCode = 1;
  };
  let told = performance.now();
  let at = 0;
  for (; performance.now() < end; at += 1) {
    // One of each first: what they bring into being and keep is the state that the others are held against.
    const warmUp = at < actions.names.length;
    const name = warmUp ? actions.names[at] : draws.pick(actions.names);
    const own = draws.fork();
    try {
      watch.begin();
      await inTime(name, actions[name](own));
      if (warmUp) await watch.settle();
      else await watch.check(at);
    } catch (error) {
      return fail(at, name, error);
    }
    done[name] += 1;
    if (performance.now() - told < REPORT_EVERY) continue;
    told = performance.now();
    say({ type: 'progress', ...figures(at + 1) });
  }
  try {
    watch.checkGrowth();
  } catch (error) {
    return fail(at, 'growth', error);
  }
  say({ type: 'end', ...figures(at) });
}

await soak();
