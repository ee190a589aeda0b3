import { crc32, deflateRawSync } from 'node:zlib';

/** A member of a zip that a test builds; what is not said is what an honest archive has. */
export interface Member {
  name: string | Buffer;
  data?: Buffer;
  /** 0 stored (default), 8 deflated. */
  method?: number;
  /** General purpose flags. */
  flags?: number;
  /** Unix mode; default a regular file. */
  mode?: number;
  /** Lies in the directory. */
  declaredSize?: number;
  declaredCrc?: number;
}

/** A zip with exactly these members, honest or not. */
export function zipOf(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const { data = Buffer.alloc(0), method = 0, flags = 0, mode = 0o100644 } = member;
    const name = Buffer.from(member.name as string);
    const packed = method === 8 ? deflateRawSync(data) : data;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(member.declaredCrc ?? crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(member.declaredSize ?? data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\u0003\u0004', 'latin1'), fields, name, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    // Made by Unix, so that the mode counts.
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0003', 'latin1'), fields, tail, name);
    offset += 4 + fields.length + name.length + packed.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, table, end]);
}
