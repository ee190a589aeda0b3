"""torchwing's random draws, written a second time from their description: Philox4x32-10 keyed by what is drawn."""

import math

import numpy

MASK = 0xFFFFFFFF
FIRST_TRANSFORM = 16
"""Operations of transforms are numbered from here, by their position in the pipeline."""


def philox(counter: list[int], key: list[int]) -> list[int]:
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & MASK, first >> 32 ^ counter[3] ^ key[1], first & MASK]
        key = [key[0] + 0x9E3779B9 & MASK, key[1] + 0xBB67AE85 & MASK]
    return counter


class CounterRng:
    def __init__(self, seed: int, epoch: int, index: int, position: int) -> None:
        self.key = [seed & MASK, seed >> 32]
        self.counter = [0, FIRST_TRANSFORM + position, index, epoch]
        self.block: list[int] = []

    def bits(self) -> int:
        if not self.block:
            self.block = philox(self.counter, self.key)
            self.counter[0] += 1
        return self.block.pop(0)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> numpy.float32:
        """float32 of 24 random bits, scaled as torch.Tensor.uniform_ scales."""
        low, high = numpy.float32(low), numpy.float32(high)
        return numpy.float32((self.bits() >> 8) * 2.0**-24) * (high - low) + low

    def below(self, bound: int) -> int:
        product = self.bits() * bound
        if product & MASK < bound:
            while product & MASK < (1 << 32) % bound:
                product = self.bits() * bound
        return product >> 32


def crop_rectangle(width: int, height: int, rng: CounterRng) -> tuple[int, int, int, int]:
    """RandomResizedCrop.get_params with its default ranges: top, left, height, width."""
    scale, ratio = (0.08, 1.0), (3 / 4, 4 / 3)
    low, high = (numpy.float32(math.log(numpy.float32(limit))) for limit in ratio)
    for _ in range(10):
        area = width * height * float(rng.uniform(*scale))
        aspect = float(numpy.float32(math.exp(rng.uniform(low, high))))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            return rng.below(height - h + 1), rng.below(width - w + 1), h, w
    w, h = width, height
    if width / height < ratio[0]:
        h = min(h, round(w / ratio[0]))
    elif width / height > ratio[1]:
        w = min(w, round(h * ratio[1]))
    return (height - h) // 2, (width - w) // 2, h, w
