declare module 'node-gyp-build' {
  /** The addon that fits this platform and Node, below `root`. Throws when there is none. */
  function path(root: string): string;
}
