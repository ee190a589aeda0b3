#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/data/jpeg_encode.h"
#include "core/data/loader.h"

namespace torchwing {

/// `count` drawn JPEG images of two classes in turn, each another one, `side` pixels wide and high.
inline std::vector<Sample> drawnSamples(int count, int side = 32) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(side * side * 3));
    for (std::size_t pixel = 0; pixel < rgb.size(); ++pixel)
      rgb[pixel] = static_cast<std::uint8_t>(pixel * static_cast<std::size_t>(i + 1) % 251);
    auto bytes = std::make_shared<const std::vector<std::uint8_t>>(encodeJpeg(rgb.data(), side, side, 90));
    samples.push_back({"image " + std::to_string(i), i % 2, std::move(bytes)});
  }
  return samples;
}

}  // namespace torchwing
