"""A PNG writer for what Pillow does not write: Adam7, 16 bits of every kind, 2-bit grey."""

import struct
import zlib

import numpy

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
"""Adam7: first column and row, step across and down."""


def stored(data: bytes) -> bytes:
    """A zlib stream without compression: the same bytes by every version of zlib."""
    parts = [data[i : i + 0xFFFF] for i in range(0, len(data), 0xFFFF)] or [b""]
    blocks = b"".join(
        struct.pack("<BHH", i == len(parts) - 1, len(part), len(part) ^ 0xFFFF) + part for i, part in enumerate(parts)
    )
    return b"\x78\x01" + blocks + struct.pack(">I", zlib.adler32(data))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(samples: numpy.ndarray, depth: int) -> bytes:
    """Rows of [height, values] samples, each with filter 0 in front."""
    rows = []
    for row in samples:
        if depth == 16:
            rows.append(row.astype(">u2").tobytes())
        else:
            bits = (row[:, None] >> numpy.arange(depth - 1, -1, -1)) & 1
            rows.append(numpy.packbits(bits.astype("uint8").ravel()).tobytes())
    return b"".join(b"\0" + row for row in rows)


def encode(
    samples: numpy.ndarray,
    kind: int,
    depth: int,
    palette: bytes = b"",
    transparency: bytes = b"",
    interlaced: bool = False,
) -> bytes:
    """`samples`: [height, width, channels], each value within `depth` bits."""
    height, width, _ = samples.shape
    if interlaced:
        data = b""
        for left, top, across, down in PASSES:
            part = samples[top::down, left::across]
            if part.size:
                data += packed(part.reshape(part.shape[0], -1), depth)
    else:
        data = packed(samples.reshape(height, -1), depth)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))
    if palette:
        file += chunk(b"PLTE", palette)
    if transparency:
        file += chunk(b"tRNS", transparency)
    return file + chunk(b"IDAT", stored(data)) + chunk(b"IEND", b"")
