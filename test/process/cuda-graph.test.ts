import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAddonFiles } from '../../lib/native/addon-files';
import { findLibTorch } from '../../lib/native/libtorch';
import { torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';

const PART = join(__dirname, 'programs', 'cuda-part.cjs');
const withCudaHalf = findLibTorch().backend === 'cuda' ? test : test.skip;

withCudaHalf('the CUDA part is built wherever LibTorch has its CUDA half', () => {
  // Needs NVIDIA's headers: pip install -r scripts/requirements.txt
  expect(existsSync(findAddonFiles().cudaPart)).toBe(true);
});

withCudaHalf(
  'the CUDA part is opened with the CUDA half of LibTorch, every symbol resolved, and only then',
  async () => {
    const opened = async (env: Record<string, string | undefined>) => {
      const { code, stdout, stderr } = await torchwing([], { program: PART, env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    expect(await opened({ TORCHWING_MAP_CUDA: '1' })).toEqual({ half: true, part: true });
    expect(await opened({ TORCHWING_MAP_CUDA: undefined, CUDA_VISIBLE_DEVICES: '-1' })).toEqual({
      half: false,
      part: false,
    });
  },
);

test('a run on the CPU that asks for CUDA graphs is refused before anything is trained', async () => {
  const data = drawPhotos({ train: 4, val: 2 });
  const output = mkdtempSync(join(tmpdir(), 'torchwing-graph-'));
  try {
    const flags = [
      '--data',
      data,
      '--output',
      output,
      '--weights',
      'none',
      '--device',
      'cpu',
      '--cuda-graph',
    ];
    const { code, stderr } = await torchwing(['train', ...flags]);
    expect(code).toBe(4);
    expect(stderr).toContain(
      'error [CUDA_GRAPH_UNAVAILABLE] Invalid value for "cudaGraph": received true, expected false, because the device is "cpu".',
    );
    expect(stderr).toContain('CUDA graphs need a CUDA device');
    expect(existsSync(join(output, 'metrics.jsonl'))).toBe(false);
  } finally {
    for (const folder of [data, output]) rmSync(folder, { recursive: true, force: true });
  }
});
