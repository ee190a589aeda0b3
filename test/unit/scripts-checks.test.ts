import { inScript } from './script-module';

function breachesOfTypeScript(file: string, text: string): string[] {
  return inScript(
    'dependency-rule.mjs',
    `return m.breachesOfTypeScript(${JSON.stringify(file)}, ${JSON.stringify(text)});`,
  );
}

function breachesOfNativeCore(file: string, text: string): string[] {
  return inScript(
    'dependency-rule.mjs',
    `return m.breachesOfNativeCore(${JSON.stringify(file)}, ${JSON.stringify(text)});`,
  );
}

describe('the dependency rule for TypeScript', () => {
  test('lets a file import from its own layer and from lower ones', () => {
    const text =
      "import { a } from '../config/types';\nimport type { b } from './events';\nimport 'node:fs';";
    expect(breachesOfTypeScript('trainer/trainer.ts', text)).toEqual([]);
  });

  test.each([
    ["import { a } from '../trainer/events';"],
    ["export * from '../trainer/events';"],
    ["const a = await import('../trainer/events');"],
    ["const a = require('../trainer/events');"],
    ["import '../trainer/events';"],
  ])('refuses %s in a file of a lower layer', (text) => {
    expect(breachesOfTypeScript('data/image-folder.ts', text)).toEqual([
      'imports trainer/events.ts from a layer above',
    ]);
  });

  test('refuses reports in training code', () => {
    expect(breachesOfTypeScript('trainer/fit.ts', "import '../report/terminal';")).toEqual([
      'imports report/terminal.ts, but training code knows only events',
    ]);
  });

  test('lets only the two files of lib/native find and open the addon', () => {
    expect(breachesOfTypeScript('native/load.ts', 'process.dlopen(module, file);')).toEqual([]);
    expect(breachesOfTypeScript('native/handle.ts', 'process.dlopen(module, file);')).toHaveLength(1);
    expect(breachesOfTypeScript('tensor.ts', "import build from 'node-gyp-build';")).toHaveLength(1);
    expect(breachesOfTypeScript('tensor.ts', "require('./native/torchwing.node');")).not.toEqual([]);
  });

  test('refuses a file and a folder without a place', () => {
    expect(breachesOfTypeScript('helpers.ts', '')).toEqual(['belongs to no layer']);
    expect(breachesOfTypeScript('util/strings.ts', '')).toEqual(['belongs to no layer']);
    expect(breachesOfTypeScript('data/order.ts', "import '../util/strings';")).toEqual([
      'imports util/strings.ts, which belongs to no layer',
    ]);
  });
});

describe('the dependency rule for native/core', () => {
  test('keeps Node out', () => {
    expect(breachesOfNativeCore('model/resnet.cc', '#include <napi.h>')).toEqual([
      'includes a header of Node',
    ]);
    expect(breachesOfNativeCore('model/resnet.cc', '#include "binding/promise.h"')).toHaveLength(1);
  });

  test('keeps LibTorch out of the folders that ThreadSanitizer judges, and of no other', () => {
    const text = '#include <ATen/core/Tensor.h>\n#include "core/data/loader.h"';
    expect(breachesOfNativeCore('data/loader.cc', text)).toHaveLength(1);
    expect(breachesOfNativeCore('runtime/queue.h', text)).toHaveLength(1);
    expect(breachesOfNativeCore('train/epoch_runner.cc', text)).toEqual([]);
  });
});

describe('the native surface', () => {
  const types = `
    /** A comment with { a brace. */
    export interface NativeTensor {
      readonly shape: number[]; // { another
      item(): Promise<number>;
      to(device: string, options: { copy: boolean }): Promise<NativeTensor>;
    }
    export interface NativeAddon {
      Tensor: { from(data: Float32Array, shape: number[]): Promise<NativeTensor> };
      version(): Promise<string>;
    }
  `;
  const wanted = ['Tensor#item()', 'Tensor#shape', 'Tensor#to()', 'Tensor.from()', 'version()'];

  test('is read from the text of types.ts', () => {
    const body = `return m.wantedSurface(m.readInterfaces(${JSON.stringify(types)}), 'NativeAddon');`;
    expect(inScript('surface.mjs', body)).toEqual(wanted);
  });

  test('is read from a loaded addon', () => {
    const body = `
      class Tensor { static from() {} get shape() { return []; } item() {} to() {} }
      const version = () => '';
      return [m.describeAddon({ Tensor, version }), m.describeAddon({ Tensor: class { item() {} } })];
    `;
    // `static from() {}` of a JavaScript class is not enumerable, a native one is: both are seen.
    expect(inScript('surface.mjs', body)).toEqual([wanted, ['Tensor#item()']]);
  });
});
