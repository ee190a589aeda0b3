#!/usr/bin/env node
/**
 * Stands in for node-gyp where prebuildify calls it: the CMake build is done, and its addon only has to lie where
 * prebuildify looks. node-gyp itself would fetch Node's headers from the network, and need none of them.
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

const built = path.join(import.meta.dirname, '..', 'build', 'Release');
const wanted = path.join('build', 'Release');

mkdirSync(wanted, { recursive: true });
for (const addon of readdirSync(built).filter((name) => name.startsWith('torchwing.lt')))
  copyFileSync(path.join(built, addon), path.join(wanted, addon));
