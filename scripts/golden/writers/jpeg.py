"""A plain JPEG encoder for what Pillow does not write: any sampling, YCCK, single-component scans.

Its Huffman codes all have the same length, which every decoder accepts and which needs no table from a book.
"""

from dataclasses import dataclass, field

import numpy

BASELINE, PROGRESSIVE = 0xC0, 0xC2
QUANTIZER = 6
"""One step for all coefficients."""

ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i % 8 if (i // 8 + i % 8) % 2 == 0 else i // 8))
COSINES = numpy.array(
    [[(0.5 if u else 8**-0.5) * numpy.cos((2 * x + 1) * u * numpy.pi / 16) for x in range(8)] for u in range(8)]
)


@dataclass
class Bits:
    """Entropy-coded bits, the highest first, with a zero byte after each 0xFF."""

    data: bytearray = field(default_factory=bytearray)
    value: int = 0
    count: int = 0

    def put(self, number: int, width: int) -> None:
        self.value = self.value << width | number
        self.count += width
        while self.count >= 8:
            byte = self.value >> (self.count - 8) & 0xFF
            self.data += b"\xff\x00" if byte == 0xFF else bytes([byte])
            self.count -= 8
            self.value &= (1 << self.count) - 1

    def pad(self) -> None:
        if self.count:
            self.put((1 << (8 - self.count)) - 1, 8 - self.count)


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def magnitude(number: int) -> tuple[int, int]:
    """Category of a coefficient and the bits that follow it."""
    size = abs(number).bit_length()
    return size, number if number >= 0 else number + (1 << size) - 1


AC_SYMBOLS = [0x00, 0xF0] + [run << 4 | size for run in range(16) for size in range(1, 11)]


def put_dc(bits: Bits, difference: int) -> None:
    size, extra = magnitude(difference)
    bits.put(size, 4)
    bits.put(extra, size)


def put_ac(bits: Bits, coefficients: list[int]) -> None:
    run = 0
    last = max((i for i, value in enumerate(coefficients) if value), default=-1)
    for value in coefficients[: last + 1]:
        if value == 0:
            run += 1
            continue
        while run > 15:
            bits.put(AC_SYMBOLS.index(0xF0), 8)
            run -= 16
        size, extra = magnitude(value)
        bits.put(AC_SYMBOLS.index(run << 4 | size), 8)
        bits.put(extra, size)
        run = 0
    if last < len(coefficients) - 1:
        bits.put(AC_SYMBOLS.index(0x00), 8)


class Component:
    """One channel: shrunk by averaging to its share of the resolution, and its quantised blocks."""

    def __init__(self, plane: numpy.ndarray, across: int, down: int, most: tuple[int, int]) -> None:
        self.across, self.down = across, down
        height, width = plane.shape
        mcus = -(-width // (8 * most[0])), -(-height // (8 * most[1]))
        padded = numpy.pad(
            plane.astype(float), ((0, mcus[1] * 8 * most[1] - height), (0, mcus[0] * 8 * most[0] - width)), "edge"
        )
        by = most[1] // down, most[0] // across
        small = padded.reshape(padded.shape[0] // by[0], by[0], padded.shape[1] // by[1], by[1]).mean((1, 3))
        self.rows, self.columns = small.shape[0] // 8, small.shape[1] // 8
        # What a scan of this component alone holds.
        self.own_rows = -(-(-(-height * down // most[1])) // 8)
        self.own_columns = -(-(-(-width * across // most[0])) // 8)
        blocks = small.reshape(self.rows, 8, self.columns, 8).swapaxes(1, 2) - 128
        quantised = numpy.rint(COSINES @ blocks @ COSINES.T / QUANTIZER).astype(int)
        self.blocks = quantised.reshape(self.rows, self.columns, 64)[:, :, ZIGZAG].tolist()
        self.predicted = 0


def mcu_blocks(components: list[Component]):
    """The blocks of an interleaved scan, MCU by MCU."""
    first = components[0]
    for row in range(first.rows // first.down):
        for column in range(first.columns // first.across):
            yield [
                (c, c.blocks[row * c.down + y][column * c.across + x])
                for c in components
                for y in range(c.down)
                for x in range(c.across)
            ]


def own_blocks(component: Component):
    for row in range(component.own_rows):
        for column in range(component.own_columns):
            yield [(component, component.blocks[row][column])]


def scan(components: list[Component], indices: list[int], first: int, last: int, restart: int) -> bytes:
    header = bytes([len(indices)]) + b"".join(bytes([i + 1, 0]) for i in indices) + bytes([first, last, 0])
    bits = Bits()
    chosen = [components[i] for i in indices]
    mcus = mcu_blocks(chosen) if len(chosen) > 1 else own_blocks(chosen[0])
    for component in chosen:
        component.predicted = 0
    for number, mcu in enumerate(mcus):
        if restart and number and number % restart == 0:
            bits.pad()
            bits.data += bytes([0xFF, 0xD0 + (number // restart - 1) % 8])
            for component in chosen:
                component.predicted = 0
        for component, block in mcu:
            if first == 0:
                put_dc(bits, block[0] - component.predicted)
                component.predicted = block[0]
            if last > 0:
                put_ac(bits, block[max(first, 1) : last + 1])
    bits.pad()
    return segment(0xDA, header) + bytes(bits.data)


def encode(
    planes: list[numpy.ndarray],
    sampling: list[tuple[int, int]],
    frame: int = BASELINE,
    restart: int = 0,
    interleaved: bool = True,
    adobe_transform: int | None = None,
) -> bytes:
    """`planes`: what the components hold, full size; `sampling`: factors across and down of each."""
    most = max(a for a, _ in sampling), max(d for _, d in sampling)
    if len(planes) == 1:
        sampling, most = [(1, 1)], (1, 1)
    components = [Component(plane, *factors, most) for plane, factors in zip(planes, sampling, strict=True)]
    height, width = planes[0].shape
    sof = bytes([8]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([len(planes)])
    sof += b"".join(bytes([i + 1, a << 4 | d, 0]) for i, (a, d) in enumerate(sampling))
    data = b"\xff\xd8"
    if adobe_transform is not None:
        data += segment(0xEE, b"Adobe" + bytes([0, 100, 0, 0, 0, 0, adobe_transform]))
    data += segment(0xDB, bytes([0]) + bytes([QUANTIZER]) * 64) + segment(frame, sof)
    data += segment(0xC4, bytes([0x00]) + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12)))
    data += segment(0xC4, bytes([0x10]) + bytes([0] * 7 + [len(AC_SYMBOLS)] + [0] * 8) + bytes(AC_SYMBOLS))
    if restart:
        data += segment(0xDD, restart.to_bytes(2, "big"))
    everything = list(range(len(planes)))
    if frame == PROGRESSIVE:
        data += scan(components, everything, 0, 0, restart)
        for index in everything:
            for first, last in [(1, 5), (6, 63)]:
                data += scan(components, [index], first, last, restart)
    elif interleaved:
        data += scan(components, everything, 0, 63, restart)
    else:
        for index in everything:
            data += scan(components, [index], 0, 63, restart)
    return data + b"\xff\xd9"
