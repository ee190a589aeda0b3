"""A TIFF writer for the layouts that Pillow reads and does not write: either byte order, tiles, planes, any samples."""

import struct

import numpy

from writers.png import stored

SHORT, LONG = 3, 4


def packed(samples: numpy.ndarray, bits: int, order: str) -> bytes:
    """[height, values] samples as TIFF has them: whole bytes a row, the highest bits first."""
    if samples.dtype.kind == "f":
        return samples.astype(f"{order}f4").tobytes()
    if bits >= 16:
        return samples.astype(f"{order}{samples.dtype.kind}{bits // 8}").tobytes()
    rows = []
    for row in samples.astype("uint16"):
        numbers = (row[:, None] >> numpy.arange(bits - 1, -1, -1)) & 1
        rows.append(numpy.packbits(numbers.astype("uint8").ravel()).tobytes())
    return b"".join(rows)


def pieces(samples: numpy.ndarray, tile: int, rows: int) -> list[numpy.ndarray]:
    """Strips of `rows` rows, or square tiles filled up by zeros."""
    height, width, _ = samples.shape
    if not tile:
        return [samples[y : y + rows] for y in range(0, height, rows)]
    padded = numpy.pad(samples, ((0, -height % tile), (0, -width % tile), (0, 0)))
    return [
        padded[y : y + tile, x : x + tile]
        for y in range(0, padded.shape[0], tile)
        for x in range(0, padded.shape[1], tile)
    ]


def encode(
    samples: numpy.ndarray,
    photometric: int,
    bits: int = 8,
    *,
    order: str = "<",
    compression: int = 1,
    planar: bool = False,
    tile: int = 0,
    rows: int = 7,
    fill_order: int = 1,
    sample_format: int = 1,
    extras: tuple[int, ...] = (),
    palette: numpy.ndarray | None = None,
    orientation: int = 0,
    subsampling: tuple[int, int] | None = None,
    pages: int = 1,
) -> bytes:
    """`samples`: [height, width, channels]. Compression 1 is none and 8 deflate."""
    height, width, channels = samples.shape
    layers = [samples[:, :, c : c + 1] for c in range(channels)] if planar else [samples]
    parts = [p for layer in layers for p in pieces(layer, tile, rows)]
    data = [packed(p.reshape(p.shape[0], -1), bits, order) for p in parts]
    if compression == 8:
        data = [stored(part) for part in data]
    if fill_order == 2:
        data = [bytes(int(f"{byte:08b}"[::-1], 2) for byte in part) for part in data]
    tags: dict[int, tuple[int, list[int]]] = {
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [bits] * channels),
        259: (SHORT, [compression]),
        262: (SHORT, [photometric]),
        266: (SHORT, [fill_order]),
        277: (SHORT, [channels]),
        284: (SHORT, [2 if planar else 1]),
        339: (SHORT, [sample_format] * channels),
    }
    if orientation:
        tags[274] = (SHORT, [orientation])
    if palette is not None:
        tags[320] = (SHORT, palette.astype(int).ravel().tolist())
    if extras:
        tags[338] = (SHORT, list(extras))
    if subsampling:
        tags[530] = (SHORT, list(subsampling))
    if tile:
        tags[322], tags[323] = (SHORT, [tile]), (SHORT, [tile])
    else:
        tags[278] = (LONG, [rows])
    offsets, counts = (324, 325) if tile else (273, 279)

    file = bytearray((b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 0))
    starts = []
    for part in data:
        starts.append(len(file))
        file += part + b"\0" * (len(part) % 2)
    tags[offsets], tags[counts] = (LONG, starts), (LONG, [len(part) for part in data])
    link = 4
    for _ in range(pages):
        entries, outside = [], bytearray()
        directory = len(file)
        after = directory + 2 + 12 * len(tags) + 4
        for tag in sorted(tags):
            kind, values = tags[tag]
            value = struct.pack(f"{order}{len(values)}{'H' if kind == SHORT else 'I'}", *values)
            if len(value) > 4:
                place = struct.pack(f"{order}I", after + len(outside))
                outside += value + b"\0" * (len(value) % 2)
            else:
                place = value.ljust(4, b"\0")
            entries.append(struct.pack(f"{order}HHI", tag, kind, len(values)) + place)
        file[link : link + 4] = struct.pack(f"{order}I", directory)
        file += struct.pack(f"{order}H", len(tags)) + b"".join(entries) + b"\0\0\0\0" + outside
        link = after - 4
    return bytes(file)


def old_jpeg(file: bytes, width: int, height: int) -> bytes:
    """A JPEG file inside a TIFF file, as before 1995: compression 6."""
    tags = {
        256: (LONG, width),
        257: (LONG, height),
        259: (SHORT, 6),
        262: (SHORT, 6),
        273: (LONG, 8),
        277: (SHORT, 3),
        278: (LONG, height),
        279: (LONG, len(file)),
        513: (LONG, 8),
        514: (LONG, len(file)),
    }
    body = file + b"\0" * (len(file) % 2)
    entries = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<H" if kind == SHORT else "<I", value).ljust(4, b"\0")
        for tag, (kind, value) in sorted(tags.items())
    )
    directory = struct.pack("<H", len(tags) + 1)
    bits = struct.pack("<HHII", 258, SHORT, 3, 8 + len(body) + 2 + 12 * (len(tags) + 1) + 4)
    entries = entries[:24] + bits + entries[24:]
    return struct.pack("<2sHI", b"II", 42, 8 + len(body)) + body + directory + entries + b"\0\0\0\0" + b"\x08\0" * 3
