import { type MemoryRoom, memoryRoom } from './memory-room';
import { sizeText } from './size-text';
import type { MemoryDetails } from './types';

/** An OUT_OF_MEMORY as it reaches the user. */
export interface OutOfMemory {
  message: string;
  details: MemoryDetails;
}

/**
 * What the addon says of memory that ran out; of the CPU's with what the machine or a control group leaves. That is looked
 * up when what failed has been given up, and so has its memory: no allocator tells how much there was at that moment.
 */
export function withRoom(
  { message, details }: OutOfMemory,
  find: () => MemoryRoom | null = memoryRoom,
): OutOfMemory {
  const room = details.device === 'cpu' && details.free === null ? find() : null;
  if (room === null) return { message, details };
  const free = Math.max(0, room.bytes);
  return {
    message: `${message} That given up, ${room.limit} (${sizeText(room.of)}) leaves ${sizeText(free)}.`,
    details: { ...details, free, total: room.of },
  };
}

/** Whether an error of the addon carries them. */
export function isMemoryDetails(value: unknown): value is MemoryDetails {
  return typeof value === 'object' && value !== null && typeof (value as MemoryDetails).device === 'string';
}
