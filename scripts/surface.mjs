/** The native surface as sorted lines, from the TypeScript text and from a loaded addon. */

/** Each interface of `source`: name to the text between its braces. */
export function readInterfaces(source) {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  const interfaces = {};
  for (const match of text.matchAll(/export interface (\w+) \{/g)) {
    let depth = 1;
    let end = match.index + match[0].length;
    for (; depth > 0; end += 1) depth += { '{': 1, '}': -1 }[text[end]] ?? 0;
    interfaces[match[1]] = text.slice(match.index + match[0].length, end - 1);
  }
  return interfaces;
}

/** Top-level members of a body: name, and what follows it. */
function members(body) {
  const found = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= body.length; i += 1) {
    depth += { '{': 1, '(': 1, '}': -1, ')': -1 }[body[i]] ?? 0;
    if (depth !== 0 || (i < body.length && body[i] !== ';')) continue;
    const member = /^(?:readonly )?(\w+)([\s\S]*)$/.exec(body.slice(start, i).trim());
    if (member) found.push({ name: member[1], rest: member[2].trim() });
    start = i + 1;
  }
  return found;
}

/** Lines such as `Tensor.from()`, `Tensor#shape`, `Tensor#item()` and `version()`. */
export function wantedSurface(interfaces, name) {
  const lines = [];
  for (const { name: member, rest } of members(interfaces[name])) {
    if (rest.startsWith('(')) {
      lines.push(`${member}()`);
      continue;
    }
    const statics = members(/\{([\s\S]*)\}/.exec(rest)[1]);
    for (const { name: method } of statics) lines.push(`${member}.${method}()`);
    for (const { name: own, rest: type } of members(interfaces[`Native${member}`])) {
      lines.push(`${member}#${own}${type.startsWith('(') ? '()' : ''}`);
    }
  }
  return lines.sort();
}

/** The same lines of what an addon exports. */
export function describeAddon(exports) {
  const lines = [];
  for (const [name, value] of Object.entries(exports)) {
    const own = Object.getOwnPropertyDescriptors(value.prototype ?? {});
    const methods = Object.entries(own).filter(([key]) => key !== 'constructor');
    const statics = Object.getOwnPropertyNames(value).filter(
      (key) => typeof value[key] === 'function' && key !== 'prototype',
    );
    if (methods.length === 0 && statics.length === 0) {
      lines.push(`${name}()`);
      continue;
    }
    for (const method of statics) lines.push(`${name}.${method}()`);
    for (const [key, property] of methods) lines.push(`${name}#${key}${property.get ? '' : '()'}`);
  }
  return lines.sort();
}
