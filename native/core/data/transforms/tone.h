#pragma once

#include <array>
#include <cstdint>

#include "core/data/transforms/pixels.h"

/// Changes of each value by a table of 256, in place, with the bytes of Pillow's ImageOps.
namespace torchwing {

using Table = std::array<std::uint8_t, 256>;

/// The same table for all channels.
void applyTable(const Pixels& pixels, const Table& table);

/// Keeps the `bits` highest bits of each value, 1 to 8.
void posterize(const Pixels& pixels, int bits);
/// Inverts the values from `threshold` on.
void solarize(const Pixels& pixels, double threshold);
/// Stretches each channel so that its smallest value becomes 0 and its largest 255; one of a single value
/// stays.
void autocontrast(const Pixels& pixels);
/// Spreads each channel's values so that their histogram becomes even.
void equalize(const Pixels& pixels);

}  // namespace torchwing
