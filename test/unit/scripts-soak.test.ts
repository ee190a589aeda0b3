import { inScript } from './script-module';

test('the soak draws the same from the same seed, and each action has draws of its own', () => {
  const drawn = (seed: number) =>
    inScript<unknown>(
      'soak/draws.mjs',
      `const draws = new m.Draws(${seed});
       const [left, right] = [draws.fork(), draws.fork()];
       return [draws.number(), left.integer(1, 100), right.integer(1, 100), draws.some([1, 2, 3, 4, 5], 3)];`,
    );
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
});

test('its integers have both ends, and what it takes of a list it takes once', () => {
  const { integers, taken } = inScript<{ integers: number[]; taken: number[] }>(
    'soak/draws.mjs',
    `const draws = new m.Draws(1);
     const integers = Array.from({ length: 1000 }, () => draws.integer(3, 5));
     return { integers, taken: draws.some([1, 2, 3], 9) };`,
  );
  expect([...new Set(integers)].sort()).toEqual([3, 4, 5]);
  expect(taken.sort()).toEqual([1, 2, 3]);
});
