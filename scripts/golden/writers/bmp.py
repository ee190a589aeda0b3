"""A BMP writer for what Pillow does not write: 4 and 16 bits, bit fields, run lengths, rows from the top."""

import struct


def rows_of(rows: list[bytes]) -> bytes:
    """Each row filled up to four bytes."""
    return b"".join(row + b"\0" * (-len(row) % 4) for row in rows)


def encode(
    width: int,
    height: int,
    bits: int,
    data: bytes,
    palette: bytes = b"",
    compression: int = 0,
    masks: tuple[int, ...] = (),
    top_down: bool = False,
    header_size: int = 40,
    colors: int | None = None,
) -> bytes:
    """`data`: the rows as stored; `palette`: four bytes a colour, three with a header of 12 bytes."""
    entry = 3 if header_size == 12 else 4
    if header_size == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        count = len(palette) // entry if colors is None else colors
        fields = (width, -height if top_down else height, 1, bits, compression, len(data), 2835, 2835, count, 0)
        header = struct.pack("<IiiHHIIiiII", header_size, *fields)
        header += b"".join(struct.pack("<I", mask) for mask in masks)
        header = header.ljust(header_size, b"\0")
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + palette + data
