import { program, shellWord } from '../../lib/cli/command-line';

test('program is npx for an installed package and node with a path for a checkout', () => {
  expect(program('/app/node_modules/torchwing/dist/cli/main.js', '/app')).toEqual(['npx', 'torchwing']);
  expect(program('/src/wing/dist/cli/main.js', '/src/wing')).toEqual(['node', 'dist/cli/main.js']);
  expect(program('/src/wing/dist/cli/main.js', '/elsewhere')).toEqual(['node', '/src/wing/dist/cli/main.js']);
});

test('shellWord quotes what a shell would split or change', () => {
  expect(['runs/a-b_1.pth', 'my photos', "it's", '$HOME', ''].map(shellWord)).toEqual([
    'runs/a-b_1.pth',
    "'my photos'",
    "'it'\\''s'",
    "'$HOME'",
    "''",
  ]);
});
