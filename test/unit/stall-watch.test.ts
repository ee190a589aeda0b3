import { watchForStalls } from '../../lib/data/stall-watch';

/** When each image that is under way was taken, in seconds. */
const taken = new Map<string, number>();
let now = 0;
const reading = {
  underWay: (least: number) =>
    [...taken]
      .map(([path, since]) => ({ path, seconds: now - since }))
      .filter(({ seconds }) => seconds >= least)
      .sort((a, b) => b.seconds - a.seconds),
};

let heard: { at: number; message: string }[] = [];
let end: () => void;
beforeEach(() => {
  jest.useFakeTimers();
  now = 0;
  taken.clear();
  heard = [];
  end = watchForStalls(reading, ({ message }) => heard.push({ at: now, message }));
});
afterEach(() => {
  end();
  jest.useRealTimers();
});

function pass(seconds: number): void {
  for (let i = 0; i < seconds; i += 1) {
    now += 1;
    jest.advanceTimersByTime(1000);
  }
}

test('an image that does not come is named after half a minute, and again each time twice as long', () => {
  pass(100);
  taken.set('/photos/a.jpg', now);
  pass(300);
  expect(heard.map(({ at }) => at)).toEqual([130, 160, 220, 340]);
  expect(heard[0]?.message).toContain('do not come: "/photos/a.jpg" (30 s).');
  expect(heard[3]?.message).toContain('"/photos/a.jpg" (240 s)');
});

test('one that came is forgotten, so that the next one is told of as soon', () => {
  taken.set('/photos/a.jpg', now);
  pass(70);
  taken.clear();
  pass(10);
  taken.set('/photos/b.jpg', now);
  pass(30);
  expect(heard.map(({ at }) => at)).toEqual([30, 60, 110]);
});

test('of many the longest are named, and none that are only slow', () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) taken.set(`/${name}`, now);
  pass(29);
  expect(heard).toEqual([]);
  taken.set('/late', now);
  pass(1);
  expect(heard[0]?.message).toContain('"/a" (30 s), "/b" (30 s), "/c" (30 s) and 2 more.');
});

test('nothing is told once the phase is over', () => {
  taken.set('/photos/a.jpg', now);
  end();
  pass(60);
  expect(heard).toEqual([]);
});
