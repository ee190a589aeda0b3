/** The built library, as its users load it. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const { Predictor, StateDict, Tensor, Trainer, version, weightsSha256 } = createRequire(
  import.meta.url,
)(path.join(root, 'dist', 'index.js'));
