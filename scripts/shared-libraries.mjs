/** Which shared libraries the shipped files may need, and where each comes from. */
import { execFileSync } from 'node:child_process';

/**
 * Ships beside the addon, because a plain machine may lack it; behind libwebpdemux come what libtiff and libwebp need. The
 * numbers are the distribution's: Ubuntu has libjpeg.so.8.
 */
const SHIPPED =
  /^(libjpeg|libpng16|libz|libtiff|libwebp|libwebpdemux|libsharpyuv|libzstd|liblzma|libLerc|libjbig|libdeflate)\.so\.\d+$/;
/** Mapped from LibTorch by the loader addon. */
const LIBTORCH = ['libtorch_cpu.so', 'libc10.so'];
/** Mapped with LibTorch's CUDA half; only the CUDA part may need them. */
const LIBTORCH_CUDA = ['libtorch_cuda.so', 'libc10_cuda.so'];
/** On each Linux with glibc that runs Node. */
const SYSTEM = [
  'libc.so.6',
  'libm.so.6',
  'libdl.so.2',
  'libpthread.so.0',
  'libstdc++.so.6',
  'libgcc_s.so.1',
  'ld-linux-x86-64.so.2',
];

export const isShipped = (soname) => SHIPPED.test(soname);
export const isCudaPart = (file) => /(^|\/)torchwing_cuda\.lt\d+\.so$/.test(file);
export const isKnown = (soname, file = '') =>
  isShipped(soname) || [...LIBTORCH, ...SYSTEM, ...(isCudaPart(file) ? LIBTORCH_CUDA : [])].includes(soname);

const dynamicSection = (file) => execFileSync('readelf', ['-d', file], { encoding: 'utf8' });

/** Sonames that `file` needs. */
export function neededLibraries(file) {
  return [...dynamicSection(file).matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, soname]) => soname);
}

/** Shipped libraries that `file` needs, and those that these need in turn. */
export function shippedLibraries(file) {
  const locations = libraryLocations(file);
  const found = new Set();
  const pending = neededLibraries(file).filter(isShipped);
  for (let soname = pending.pop(); soname !== undefined; soname = pending.pop()) {
    if (found.has(soname)) continue;
    found.add(soname);
    pending.push(...neededLibraries(locations.get(soname)).filter(isShipped));
  }
  return [...found].sort().map((soname) => ({ soname, location: locations.get(soname) }));
}

/** Soname to the file that the dynamic linker of this machine finds for it, of all libraries that `file` needs. */
export function libraryLocations(file) {
  const lines = execFileSync('ldd', [file], { encoding: 'utf8' }).split('\n');
  return new Map(
    lines
      .map((line) => /^\s*(\S+) => (\/\S+)/.exec(line))
      .filter(Boolean)
      .map(([, soname, location]) => [soname, location]),
  );
}

/** Folders that `file` brings to the search for libraries. */
export function searchPaths(file) {
  return [...dynamicSection(file).matchAll(/\((?:RPATH|RUNPATH)\).*\[(.*)\]/g)].flatMap(([, paths]) =>
    paths.split(':'),
  );
}

/** The highest version of glibc whose symbols `file` needs, for example "2.34". */
export function glibcNeeded(file) {
  const versions = execFileSync('readelf', ['-V', file], { encoding: 'utf8' }).matchAll(
    /GLIBC_(\d+)\.(\d+)/g,
  );
  const [major, minor] = [...versions]
    .map(([, a, b]) => [Number(a), Number(b)])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .at(-1);
  return `${major}.${minor}`;
}

/** The Debian package that a file belongs to. */
export function packageOf(file) {
  const candidates = [file, file.replace(/^\/usr/, '')];
  for (const candidate of candidates) {
    try {
      return execFileSync('dpkg', ['-S', candidate], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).split(':')[0];
    } catch {
      // On a merged /usr the package may list the file by either name.
    }
  }
  throw new Error(`No Debian package owns ${file}`);
}
