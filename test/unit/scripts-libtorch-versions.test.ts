import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inScript } from './script-module';

test('the table names what does not compile, LibTorch by LibTorch', () => {
  const rows = [
    { version: '2.11.0+cu130', files: 3, failed: [], warned: 1, seconds: 61.4 },
    { version: '2.14.1+cu130', files: 3, failed: ['native/cuda/cuda_graph.cc'], warned: 0, seconds: 60 },
  ];
  const table = inScript<string>(
    'libtorch-versions/table.mjs',
    `return m.versionTable(${JSON.stringify(rows)}, 1);`,
  );
  expect(table.split('\n').slice(2)).toEqual([
    '| 2.11.0+cu130 | 3 | 1 | 3 | none | 1 | 61 |',
    '| 2.14.1+cu130 | 3 | 1 | 2 | native/cuda/cuda_graph.cc | 0 | 60 |',
  ]);
});

test('a source that does not compile is found, with what the compiler says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchwing-compile-'));
  try {
    writeFileSync(join(folder, 'good.cc'), 'int main() { return 0; }\n');
    writeFileSync(join(folder, 'bad.cc'), '#include <missing_in_this_version.h>\n');
    const files = ['good.cc', 'bad.cc'].map((name) => join(folder, name));
    const results = inScript<{ file: string; passed: boolean; output: string }[]>(
      'libtorch-versions/compile.mjs',
      `return m.compileAll(${JSON.stringify(files)}, ['-std=c++20'], 2, () => {});`,
    );
    const byName = Object.fromEntries(
      results.map((result) => [result.file.slice(folder.length + 1), result]),
    );
    expect(byName['good.cc']).toMatchObject({ passed: true, output: '' });
    expect(byName['bad.cc']).toMatchObject({ passed: false });
    expect(byName['bad.cc']?.output).toContain('missing_in_this_version.h');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
