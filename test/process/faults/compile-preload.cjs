// Compiles what a process is started with so that some of its calls fail.
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

/** Compiles `name`.c of this folder (`faults`, `memory` or `stall`) to a library for LD_PRELOAD, in `folder`. */
function compilePreload(name, folder) {
  const library = join(folder, `${name}.so`);
  const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  execFileSync('cc', [...flags, '-o', library, join(__dirname, `${name}.c`), '-ldl']);
  return library;
}

module.exports = { compilePreload };
