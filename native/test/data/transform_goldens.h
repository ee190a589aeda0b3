#pragma once

#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/data/image.h"
#include "core/data/sha256.h"
#include "core/data/transforms/pixels.h"
#include "test/model/fixture.h"

/// What the tests of scripts/golden/transforms.py's fixtures share.
namespace torchwing::test {

inline std::vector<std::uint8_t> decodeBase64(const std::string& text) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    if (digit == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(kDigits.find(digit));
    count += 6;
    if (count >= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> (count -= 8)));
  }
  return bytes;
}

/// Numbers in hexadecimal or decimal text, parted by spaces.
inline std::vector<double> parseNumbers(const std::string& text) {
  std::vector<double> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) numbers.push_back(std::stod(word));
  return numbers;
}

inline std::vector<std::string> parseWords(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

/// The first 12 hex digits of the SHA-256, as the fixtures have it.
inline std::string digest(const void* data, std::size_t bytes) {
  return sha256Hex({static_cast<const std::uint8_t*>(data), bytes}).substr(0, 12);
}

/// An image that a test may change.
struct TestImage {
  explicit TestImage(Size size)
      : size(size), bytes(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3) {}

  Pixels pixels() { return {bytes.data(), size}; }
  ImageView view() const {
    return {bytes.data(), size.width, size.height, static_cast<std::size_t>(size.width) * 3};
  }
  std::string digest() const { return test::digest(bytes.data(), bytes.size()); }

  Size size;
  std::vector<std::uint8_t> bytes;
};

/// The images of pixels.json by name.
inline std::map<std::string, TestImage> readImages(const Json& fixture) {
  std::map<std::string, TestImage> images;
  for (const auto& [name, json] : fixture["images"].object()) {
    TestImage image(
        Size{static_cast<int>(json["width"].integer()), static_cast<int>(json["height"].integer())});
    image.bytes = decodeBase64(json["rgb"].text());
    images.emplace(name, std::move(image));
  }
  return images;
}

}  // namespace torchwing::test
