"""Golden images: small drawings in every format and variant, and what Pillow makes of each by convert("RGB").

Run with Pillow 13. Without --check it writes test/parity/fixtures/images.json: the encoded files as base64, the size, and
the SHA-256 of the RGB bytes; `null` for what Pillow refuses. scripts/fuzz takes its corpus from there.
"""

import base64
import warnings

import numpy
import PIL
from PIL import Image

import check_files
from writers import bmp, jpeg, png, tiff
from writers.drawing import decoded, digest, drawing, encoded

PATH = check_files.FIXTURES / "images.json"

RGB = drawing(45, 37, 1)
"""Odd sizes: no multiple of a block."""
SMALL = drawing(21, 17, 2)
TINY = drawing(11, 7, 3)

Files = dict[str, bytes]


def array(image: Image.Image) -> numpy.ndarray:
    """[height, width, channels]"""
    values = numpy.asarray(image)
    return values if values.ndim == 3 else values[:, :, None]


def wide(image: Image.Image, bits: int = 16) -> numpy.ndarray:
    """More bits a channel, with the low ones not all zero."""
    values = array(image).astype("uint32")
    return (values << (bits - 8)) + numpy.arange(values.size).reshape(values.shape) % 200


def with_alpha(image: Image.Image) -> Image.Image:
    result = image.copy()
    result.putalpha(Image.linear_gradient("L").resize(image.size))
    return result


def jpeg_files() -> Files:
    ycc = [array(RGB.convert("YCbCr"))[:, :, i] for i in range(3)]
    cmyk = [array(RGB.convert("CMYK"))[:, :, i] for i in range(4)]
    inverted = [255 - plane for plane in cmyk]
    ycck = [array(Image.merge("RGB", RGB.split()).convert("YCbCr"))[:, :, i] for i in range(3)] + [inverted[3]]
    samplings = {
        "444": [(1, 1)] * 3,
        "422": [(2, 1), (1, 1), (1, 1)],
        "420": [(2, 2), (1, 1), (1, 1)],
        "440": [(1, 2), (1, 1), (1, 1)],
        "411": [(4, 1), (1, 1), (1, 1)],
        "410": [(4, 2), (1, 1), (1, 1)],
        "uneven": [(2, 2), (1, 2), (2, 1)],
    }
    files: Files = {}
    for name, sampling in samplings.items():
        files[f"jpeg-{name}"] = jpeg.encode(ycc, sampling)
        if name != "uneven":
            files[f"jpeg-{name}-progressive"] = jpeg.encode(ycc, sampling, jpeg.PROGRESSIVE)
    full, half = [(1, 1)] * 4, [(2, 2), (1, 1), (1, 1), (2, 2)]
    return files | {
        "jpeg-pillow-422": encoded(RGB, "JPEG", subsampling=1, quality=85),
        "jpeg-pillow-420": encoded(RGB, "JPEG", subsampling=2, quality=60),
        "jpeg-pillow-progressive": encoded(RGB, "JPEG", progressive=True, quality=80),
        "jpeg-restart-rows": encoded(RGB, "JPEG", restart_marker_rows=1),
        "jpeg-restart-420": jpeg.encode(ycc, samplings["420"], restart=2),
        "jpeg-restart-440-progressive": jpeg.encode(ycc, samplings["440"], jpeg.PROGRESSIVE, restart=3),
        "jpeg-scans-420": jpeg.encode(ycc, samplings["420"], interleaved=False),
        "jpeg-1x1": jpeg.encode([plane[:1, :1] for plane in ycc], samplings["420"]),
        "jpeg-9x8-420": jpeg.encode([plane[:8, :9] for plane in ycc], samplings["420"]),
        "jpeg-gray": encoded(RGB.convert("L"), "JPEG"),
        "jpeg-gray-progressive": jpeg.encode([ycc[0]], [(1, 1)], jpeg.PROGRESSIVE),
        "jpeg-gray-restart": jpeg.encode([ycc[0]], [(2, 2)], restart=4),
        "jpeg-adobe-rgb": jpeg.encode([array(RGB)[:, :, i] for i in range(3)], samplings["444"], adobe_transform=0),
        "jpeg-cmyk": encoded(RGB.convert("CMYK"), "JPEG", quality=90),
        "jpeg-cmyk-adobe": jpeg.encode(inverted, full, adobe_transform=0),
        "jpeg-cmyk-plain": jpeg.encode(cmyk, full),
        "jpeg-cmyk-progressive": jpeg.encode(inverted, full, jpeg.PROGRESSIVE, adobe_transform=0),
        "jpeg-ycck": jpeg.encode(ycck, full, adobe_transform=2),
        "jpeg-ycck-420": jpeg.encode(ycck, half, adobe_transform=2),
        "jpeg-two-components": jpeg.encode(ycc[:2], [(1, 1)] * 2),
    }


def png_files() -> Files:
    gray = array(SMALL.convert("L")).astype("uint32")
    palette = SMALL.quantize(200)
    colors = bytes(palette.getpalette() or [])
    indices = array(palette).astype("uint32")
    both = array(Image.merge("LA", (SMALL.convert("L"), with_alpha(SMALL).getchannel("A"))))
    files: Files = {}
    for interlaced in (False, True):
        end = "-interlaced" if interlaced else ""
        kinds = {"gray": (gray, png.GRAY), "rgb": (array(SMALL), png.RGB), "gray-alpha": (both, png.GRAY_ALPHA)}
        for name, (samples, kind) in (kinds | {"rgba": (array(with_alpha(SMALL)), png.RGBA)}).items():
            files[f"png-{name}-8{end}"] = png.encode(samples, kind, 8, interlaced=interlaced)
            deep = samples.astype("uint32") * 256 + 77
            files[f"png-{name}-16{end}"] = png.encode(deep, kind, 16, interlaced=interlaced)
        for depth in (1, 2, 4):
            files[f"png-gray-{depth}{end}"] = png.encode(gray >> (8 - depth), png.GRAY, depth, interlaced=interlaced)
        for depth in (1, 2, 4, 8):
            count = 1 << depth
            some = indices % min(count, len(colors) // 3)
            entries = colors[: 3 * min(count, 200)]
            args = (some, png.PALETTE, depth, entries)
            files[f"png-palette-{depth}{end}"] = png.encode(*args, interlaced=interlaced)
            files[f"png-palette-{depth}-transparent{end}"] = png.encode(
                *args, transparency=bytes([0, 128]), interlaced=interlaced
            )
    low = (numpy.arange(21 * 17) % 700).reshape(17, 21, 1)
    return files | {
        "png-gray-16-low": png.encode(low, png.GRAY, 16),
        "png-gray-8-transparent": png.encode(gray, png.GRAY, 8, transparency=b"\0\x80"),
        "png-gray-1-transparent": png.encode(gray >> 7, png.GRAY, 1, transparency=b"\0\1"),
        "png-gray-16-transparent": png.encode(low, png.GRAY, 16, transparency=b"\0\x80"),
        "png-rgb-8-transparent": png.encode(array(SMALL), png.RGB, 8, transparency=b"\0\1\0\2\0\3"),
        "png-pillow": encoded(RGB, "PNG"),
        "png-pillow-palette": encoded(RGB.quantize(11), "PNG", bits=4, transparency=3),
        "png-animated": encoded(TINY, "PNG", save_all=True, append_images=[TINY.rotate(180)]),
        "png-animated-default": encoded(
            TINY, "PNG", save_all=True, default_image=True, append_images=[TINY.rotate(180), TINY]
        ),
    }


def tiff_files() -> Files:
    gray, rgb = array(SMALL.convert("L")), array(SMALL)
    rgba, cmyk, ycc = array(with_alpha(SMALL)), array(SMALL.convert("CMYK")), array(SMALL.convert("YCbCr"))
    palette = SMALL.quantize(200)
    indices = array(palette)
    colors = numpy.zeros((3, 256), "uint16")
    entries = numpy.array(palette.getpalette()).reshape(-1, 3)
    colors[:, : len(entries)] = entries.T * 257
    two = numpy.concatenate([gray, rgba[:, :, 3:]], 2)
    signed = gray.astype("int64") * 5 - 400
    floats = (gray.astype("float32") * 1.7 - 60.25).astype("float32")
    five = numpy.concatenate([rgba, gray], 2)
    files: Files = {}
    for order, end in (("<", ""), (">", "-big-endian")):
        for compression, packing in ((1, ""), (8, "-deflate")):
            common = {"order": order, "compression": compression}
            tail = f"{end}{packing}"
            for bits in (1, 2, 4, 8):
                values = gray >> (8 - bits)
                files[f"tiff-gray-{bits}{tail}"] = tiff.encode(values, 1, bits, **common)
                files[f"tiff-white-{bits}{tail}"] = tiff.encode(values, 0, bits, **common)
                files[f"tiff-palette-{bits}{tail}"] = tiff.encode(
                    indices.astype("uint16") % (1 << bits), 3, bits, palette=colors[:, : 1 << bits], **common
                )
            files[f"tiff-gray-16{tail}"] = tiff.encode(gray.astype("uint16") * 3, 1, 16, **common)
            files[f"tiff-white-16{tail}"] = tiff.encode(gray.astype("uint16") * 3, 0, 16, **common)
            files[f"tiff-gray-12{tail}"] = tiff.encode(gray.astype("uint16") * 9, 1, 12, **common)
            for bits in (16, 32):
                files[f"tiff-gray-signed-{bits}{tail}"] = tiff.encode(signed, 1, bits, sample_format=2, **common)
            files[f"tiff-gray-32{tail}"] = tiff.encode(signed.astype("uint32"), 1, 32, **common)
            files[f"tiff-gray-float{tail}"] = tiff.encode(floats, 1, 32, sample_format=3, **common)
            files[f"tiff-rgb-8{tail}"] = tiff.encode(rgb, 2, **common)
            files[f"tiff-rgb-16{tail}"] = tiff.encode(wide(SMALL), 2, 16, **common)
            files[f"tiff-rgb-planar{tail}"] = tiff.encode(rgb, 2, planar=True, **common)
            files[f"tiff-rgb-tiles{tail}"] = tiff.encode(rgb, 2, tile=16, **common)
            files[f"tiff-rgb-tiles-planar{tail}"] = tiff.encode(rgb, 2, tile=16, planar=True, **common)
            files[f"tiff-rgba{tail}"] = tiff.encode(rgba, 2, extras=(2,), **common)
            files[f"tiff-cmyk{tail}"] = tiff.encode(cmyk, 5, **common)
    deflate = {"compression": 8}
    for name, extras in {"undeclared": (), "ignored": (0,), "premultiplied": (1,), "corel": (999,)}.items():
        files[f"tiff-rgba-{name}"] = tiff.encode(rgba, 2, extras=extras)
    files |= {
        "tiff-rgba-premultiplied-16": tiff.encode(wide(with_alpha(SMALL)), 2, 16, extras=(1,)),
        "tiff-rgba-planar": tiff.encode(rgba, 2, extras=(2,), planar=True),
        "tiff-rgba-planar-deflate": tiff.encode(rgba, 2, extras=(2,), planar=True, **deflate),
        "tiff-rgba-premultiplied-planar": tiff.encode(rgba, 2, extras=(1,), planar=True),
        "tiff-rgba-premultiplied-planar-deflate": tiff.encode(rgba, 2, extras=(1,), planar=True, **deflate),
        "tiff-rgbx-planar": tiff.encode(rgba, 2, extras=(0,), planar=True),
        "tiff-rgbx-planar-deflate": tiff.encode(rgba, 2, extras=(0,), planar=True, **deflate),
        "tiff-rgb-16-planar": tiff.encode(wide(SMALL), 2, 16, planar=True),
        "tiff-rgb-16-planar-deflate": tiff.encode(wide(SMALL), 2, 16, planar=True, **deflate),
        "tiff-rgb-16-planar-deflate-big-endian": tiff.encode(wide(SMALL), 2, 16, planar=True, order=">", **deflate),
        "tiff-cmyk-planar": tiff.encode(cmyk, 5, planar=True),
        "tiff-cmyk-planar-deflate": tiff.encode(cmyk, 5, planar=True, **deflate),
        "tiff-cmyk-16": tiff.encode(wide(SMALL.convert("CMYK")), 5, 16),
        "tiff-cmyk-16-deflate-big-endian": tiff.encode(wide(SMALL.convert("CMYK")), 5, 16, order=">", **deflate),
        "tiff-rgb-five-samples": tiff.encode(five, 2, extras=(2, 0)),
        "tiff-rgb-five-ignored": tiff.encode(five, 2, extras=(0, 0)),
        "tiff-cmyk-five-samples": tiff.encode(numpy.concatenate([cmyk, gray], 2), 5, extras=(0,)),
        "tiff-gray-alpha": tiff.encode(two, 1, extras=(2,)),
        "tiff-gray-ignored": tiff.encode(two, 1, extras=(0,)),
        "tiff-gray-premultiplied": tiff.encode(two, 1, extras=(1,)),
        "tiff-gray-alpha-deflate": tiff.encode(two, 1, extras=(2,), **deflate),
        "tiff-gray-planar": tiff.encode(gray, 1, planar=True),
        "tiff-palette-alpha": tiff.encode(
            numpy.concatenate([indices, gray], 2), 3, extras=(2,), palette=colors
        ),
        "tiff-gray-signed-8": tiff.encode(gray, 1, 8, sample_format=2),
        "tiff-ycc": tiff.encode(ycc, 6, subsampling=(1, 1)),
        "tiff-ycc-deflate": tiff.encode(ycc, 6, subsampling=(1, 1), **deflate),
        "tiff-ycc-planar-deflate": tiff.encode(ycc, 6, subsampling=(1, 1), planar=True, **deflate),
        "tiff-ycc-tiles-deflate": tiff.encode(ycc, 6, subsampling=(1, 1), tile=16, **deflate),
        "tiff-lab": tiff.encode(rgb, 8),
        "tiff-float-64": tiff.encode(rgb, 2, 16, sample_format=3),
        "tiff-pages": tiff.encode(rgb, 2, pages=3),
        "tiff-one-strip": tiff.encode(rgb, 2, rows=1000),
        "tiff-1x1": tiff.encode(rgb[:1, :1], 2),
    }
    for bits in (1, 2, 4, 8):
        values = gray >> (8 - bits)
        for compression in (1, 8):
            files[f"tiff-gray-{bits}-low-first-{compression}"] = tiff.encode(
                values, 1, bits, fill_order=2, compression=compression
            )
    for orientation in range(1, 9):
        files[f"tiff-orientation-{orientation}"] = tiff.encode(array(TINY), 2, orientation=orientation)
    files["tiff-orientation-6-deflate"] = tiff.encode(array(TINY), 2, orientation=6, **deflate)
    for compression in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate", "zstd", "lzma"):
        files[f"tiff-pillow-{compression}"] = encoded(SMALL, "TIFF", compression=compression)
    for compression in ("tiff_ccitt", "group3", "group4", "packbits"):
        files[f"tiff-pillow-bilevel-{compression}"] = encoded(SMALL.convert("1"), "TIFF", compression=compression)
    for mode in ("RGB", "L", "CMYK", "YCbCr"):
        files[f"tiff-pillow-jpeg-{mode}"] = encoded(RGB.convert(mode), "TIFF", compression="jpeg", quality=85)
    for name, subsampling in (("444", 0), ("420", 2)):
        file = encoded(RGB, "JPEG", subsampling=subsampling)
        files[f"tiff-old-jpeg-{name}"] = tiff.old_jpeg(file, *RGB.size)
    files["tiff-pillow-palette-lzw"] = encoded(SMALL.quantize(40), "TIFF", compression="tiff_lzw")
    files["tiff-pillow-predictor"] = encoded(SMALL, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    files["tiff-pillow-big"] = encoded(SMALL, "TIFF", big_tiff=True)
    return files


def webp_files() -> Files:
    alpha = with_alpha(RGB)
    turned = [RGB.rotate(180), RGB]
    return {
        "webp-lossy": encoded(RGB, "WEBP", quality=80),
        "webp-lossy-low": encoded(RGB, "WEBP", quality=10, method=6),
        "webp-lossy-1x1": encoded(RGB.crop((0, 0, 1, 1)), "WEBP"),
        "webp-lossy-alpha": encoded(alpha, "WEBP", quality=80),
        "webp-lossy-alpha-exact": encoded(alpha, "WEBP", quality=80, exact=True),
        "webp-lossless": encoded(SMALL, "WEBP", lossless=True),
        "webp-lossless-alpha": encoded(with_alpha(SMALL), "WEBP", lossless=True),
        "webp-lossless-exact": encoded(with_alpha(SMALL), "WEBP", lossless=True, exact=True),
        "webp-lossless-palette": encoded(SMALL.quantize(5).convert("RGB"), "WEBP", lossless=True),
        "webp-animated": encoded(RGB, "WEBP", save_all=True, append_images=turned),
        "webp-animated-alpha": encoded(alpha, "WEBP", save_all=True, append_images=[alpha.rotate(90)]),
        "webp-animated-lossless": encoded(SMALL, "WEBP", save_all=True, lossless=True, append_images=[SMALL.rotate(180)]),
        "webp-animated-part": partial_frame(),
    }


def partial_frame() -> bytes:
    """An animation whose first frame covers a part of its canvas."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)

    def three(number: int) -> bytes:
        return number.to_bytes(3, "little")

    inner = encoded(SMALL, "WEBP", lossless=True)[12:]
    frame = three(2) + three(3) + three(20) + three(16) + three(40) + b"\0" + inner
    body = chunk(b"VP8X", b"\x02\0\0\0" + three(29) + three(24)) + chunk(b"ANIM", b"\xff\xff\xff\xff\0\0")
    body += chunk(b"ANMF", frame) + chunk(b"ANMF", frame)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def bmp_files() -> Files:
    gray, rgb = array(SMALL.convert("L"))[:, :, 0], array(SMALL)
    palette = SMALL.quantize(16)
    indices = array(palette)[:, :, 0]
    entries = numpy.array(palette.getpalette()).reshape(-1, 3)[:16]
    colors = b"".join(bytes([*entry[::-1].tolist(), 0]) for entry in entries)
    ramp = b"".join(bytes([i, i, i, 0]) for i in range(256))
    bilevel = bytes(4) + b"\xff\xff\xff\0"
    height, width = gray.shape
    up = slice(None, None, -1)

    def nibbles(row: numpy.ndarray) -> bytes:
        padded = numpy.append(row, [0] * (len(row) % 2)).astype(int)
        return bytes((padded[::2] << 4 | padded[1::2]).tolist())

    def words(shifts: tuple[int, int, int], widths: tuple[int, int, int]) -> bytes:
        values = sum((rgb[up, :, c].astype("uint16") >> (8 - widths[c])) << shifts[c] for c in range(3))
        return bmp.rows_of([row.astype("<u2").tobytes() for row in values])

    def pixels(order: tuple[int, ...]) -> bytes:
        """32-bit pixels whose bytes are the channels of `order`, 3 for a filling."""
        values = numpy.concatenate([rgb, numpy.full((height, width, 1), 9, "uint8")], 2)
        return values[up][:, :, list(order)].tobytes()

    def bits(shape: numpy.ndarray) -> bytes:
        return bmp.rows_of([numpy.packbits(row).tobytes() for row in shape[up]])

    eight = bmp.rows_of([row.tobytes() for row in indices[up]])
    four = bmp.rows_of([nibbles(row) for row in indices[up]])
    runs8 = b"".join(
        bytes([3, row[0], 0, 5]) + row[3:8].tobytes() + b"\0" + b"".join(bytes([1, v]) for v in row[8:]) + b"\0\0"
        for row in indices[up]
    )
    runs4 = b"".join(
        bytes([4, row[0] << 4 | row[1], 0, 6])
        + nibbles(row[4:10])
        + b"\0"
        + b"".join(bytes([1, v << 4]) for v in row[10:])
        + b"\0\0"
        for row in indices[up]
    )
    moves = bytes([9, 3, 0, 2, 4, 2, 6, 5, 0, 0, 200, 7, 0, 0]) + bytes([255, 8, 0, 0] * height) + b"\0\1"
    masks565 = (0xF800, 0x7E0, 0x1F)
    size = (width, height)
    files = {
        "bmp-pillow-24": encoded(SMALL, "BMP"),
        "bmp-pillow-gray": encoded(SMALL.convert("L"), "BMP"),
        "bmp-pillow-1": encoded(SMALL.convert("1"), "BMP"),
        "bmp-pillow-palette": encoded(SMALL.quantize(50), "BMP"),
        "bmp-pillow-32": encoded(with_alpha(SMALL), "BMP"),
        "bmp-1-colors": bmp.encode(*size, 1, bits(gray > 128), b"\x10\x20\x30\0\xc0\xb0\xa0\0"),
        "bmp-1-black-white": bmp.encode(*size, 1, bits(gray > 128), bilevel),
        "bmp-4": bmp.encode(*size, 4, four, colors),
        "bmp-4-few-colors": bmp.encode(*size, 4, four, colors[:24]),
        "bmp-4-gray-ramp": bmp.encode(*size, 4, four, ramp[:64]),
        "bmp-8": bmp.encode(*size, 8, eight, colors),
        "bmp-8-core": bmp.encode(*size, 8, eight, b"".join(bytes(e[::-1].tolist()) for e in entries) + bytes(240 * 3), header_size=12),
        "bmp-8-gray": bmp.encode(*size, 8, bmp.rows_of([row.tobytes() for row in gray[up]]), ramp),
        "bmp-8-black-white": bmp.encode(*size, 8, eight, bilevel),
        "bmp-8-top-down": bmp.encode(*size, 8, bmp.rows_of([r.tobytes() for r in indices]), colors, top_down=True),
        "bmp-8-long-palette": bmp.encode(*size, 8, eight, colors * 17),
        "bmp-16": bmp.encode(*size, 16, words((10, 5, 0), (5, 5, 5))),
        "bmp-16-565": bmp.encode(*size, 16, words((11, 5, 0), (5, 6, 5)), compression=3, masks=masks565, header_size=52),
        "bmp-16-odd-fields": bmp.encode(*size, 16, words((8, 4, 0), (4, 4, 4)), compression=3, masks=(0xF00, 0xF0, 0xF), header_size=52),
        "bmp-24-core": bmp.encode(*size, 24, bmp.rows_of([r[:, ::-1].tobytes() for r in rgb[up]]), header_size=12),
        "bmp-32": bmp.encode(*size, 32, pixels((2, 1, 0, 3))),
        "bmp-rle8": bmp.encode(*size, 8, runs8 + b"\0\1", colors, compression=1),
        "bmp-rle8-short": bmp.encode(*size, 8, runs8[:-9], colors, compression=1),
        "bmp-rle8-moves": bmp.encode(*size, 8, moves, colors, compression=1),
        "bmp-rle8-gray": bmp.encode(*size, 8, runs8 + b"\0\1", ramp, compression=1),
        "bmp-rle8-black-white": bmp.encode(*size, 8, moves, bilevel, compression=1),
        "bmp-rle8-top-down": bmp.encode(*size, 8, runs8, colors, compression=1, top_down=True),
        "bmp-rle4": bmp.encode(*size, 4, runs4 + b"\0\1", colors, compression=2),
        "bmp-rle4-moves": bmp.encode(*size, 4, moves, colors, compression=2),
        "bmp-rle-24": bmp.encode(*size, 24, runs8, compression=1),
        "bmp-jpeg": bmp.encode(*size, 24, runs8, compression=4),
        "bmp-2-bits": bmp.encode(*size, 2, eight, colors[:16]),
    }
    layouts = {
        "bgrx": ((0xFF0000, 0xFF00, 0xFF, 0), (2, 1, 0, 3)),
        "xbgr": ((0xFF000000, 0xFF0000, 0xFF00, 0), (3, 2, 1, 0)),
        "bgxr": ((0xFF000000, 0xFF00, 0xFF, 0), (2, 1, 3, 0)),
        "abgr": ((0xFF000000, 0xFF0000, 0xFF00, 0xFF), (3, 2, 1, 0)),
        "rgba": ((0xFF, 0xFF00, 0xFF0000, 0xFF000000), (0, 1, 2, 3)),
        "bgra": ((0xFF0000, 0xFF00, 0xFF, 0xFF000000), (2, 1, 0, 3)),
        "bgar": ((0xFF000000, 0xFF00, 0xFF, 0xFF0000), (2, 1, 3, 0)),
        "zero": ((0, 0, 0, 0), (2, 1, 0, 3)),
        "unknown": ((0xFF, 0xFF0000, 0xFF00, 0), (2, 1, 0, 3)),
    }
    for name, (masks, order) in layouts.items():
        files[f"bmp-32-{name}"] = bmp.encode(*size, 32, pixels(order), compression=3, masks=masks, header_size=56)
    files["bmp-32-masks-behind"] = bmp.encode(
        *size, 32, b"".join(m.to_bytes(4, "little") for m in (0xFF0000, 0xFF00, 0xFF)) + pixels((2, 1, 0, 3)), compression=3
    )
    return files


def pnm_files() -> Files:
    gray, rgb = array(TINY.convert("L")), array(TINY)
    head = b"11 7\n"

    def plain(values: numpy.ndarray) -> bytes:
        return b"\n".join(b" ".join(str(v).encode() for v in row) for row in values.reshape(7, -1).tolist())

    def raw(values: numpy.ndarray, maxval: int) -> bytes:
        return values.astype(">u2" if maxval > 255 else "u1").tobytes()

    files: Files = {
        "pnm-p1": b"P1\n# drawn\n" + head + plain(gray[:, :, 0] > 128).replace(b"True", b"1").replace(b"False", b"0"),
        "pnm-p1-dense": b"P1 " + head + plain((gray > 128).astype(int)).replace(b" ", b""),
        "pnm-p4": b"P4\n" + head + b"".join(numpy.packbits(row.ravel() > 128).tobytes() for row in gray),
        "pnm-p2": b"P2\n" + head + b"255\n" + plain(gray) + b"\n",
        "pnm-p2-comment": b"P2\n" + head + b"25#x\n5\n" + plain(gray).replace(b"\n", b"# row\n\n"),
        "pnm-p3": b"P3\n" + head + b"255\n" + plain(rgb),
        "pnm-p3-large-value": b"P3\n" + head + b"200\n" + plain(rgb % 201),
        "pnm-p2-too-large": b"P2\n" + head + b"100\n" + plain(gray),
        "pnm-p2-1000": b"P2\n" + head + b"1000\n" + plain(gray.astype(int) * 3),
        "pnm-p5-comments": b"P5\n#a\n11#b\n 7\n#c\n255\n" + raw(gray, 255),
        "pnm-p6-trailing": b"P6\n" + head + b"255\n" + raw(rgb, 255) + b"more",
        "pnm-p6-short": b"P6\n" + head + b"255\n" + raw(rgb, 255)[:-1],
        "pnm-p6-no-maxval": b"P6\n" + head + b"0\n" + raw(rgb, 255),
        "pnm-p6-large-maxval": b"P6\n" + head + b"65536\n" + raw(rgb, 255),
        "pnm-p6-text": b"P6\n11 x7\n255\n" + raw(rgb, 255),
        "pnm-p6-empty": b"P6\n0 7\n255\n" + raw(rgb, 255),
        "pnm-pillow-gray": encoded(TINY.convert("L"), "PPM"),
        "pnm-pillow-bilevel": encoded(TINY.convert("1"), "PPM"),
        "pnm-pillow-rgb": encoded(TINY, "PPM"),
    }
    for maxval in (1, 7, 100, 255, 256, 1000, 65535):
        top = maxval + 1
        spread = numpy.arange(77).reshape(7, 11, 1) * max(maxval // 70, 1) % top
        files[f"pnm-p5-{maxval}"] = b"P5\n" + head + f"{maxval}\n".encode() + raw(spread, maxval)
        colors = numpy.concatenate([spread, maxval - spread, spread * 3 % top], 2)
        files[f"pnm-p6-{maxval}"] = b"P6\n" + head + f"{maxval}\n".encode() + raw(colors, maxval)
    return files


def draw_files() -> Files:
    return jpeg_files() | png_files() | tiff_files() | webp_files() | bmp_files() | pnm_files()


def read_by_pillow(data: bytes) -> Image.Image | None:
    """None where Pillow refuses a file, in whatever words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decoded(data)
    except Exception:  # noqa: BLE001
        return None


def entry(name: str, data: bytes) -> dict[str, object]:
    image = read_by_pillow(data)
    return {
        "name": name,
        "file": base64.b64encode(data).decode(),
        "size": None if image is None else list(image.size),
        "rgb": None if image is None else digest(image),
    }


def draw() -> dict[str, object]:
    files = draw_files()
    return {"versions": {"pillow": PIL.__version__}, "images": [entry(name, data) for name, data in files.items()]}


if __name__ == "__main__":
    check_files.main({PATH: draw})
