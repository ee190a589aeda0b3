#include <algorithm>
#include <array>

#include "fuzz/mutator.h"

namespace torchwing::fuzz {
namespace {

/// What length and size fields are wrong with: limits of signed and unsigned types, and off by one.
constexpr std::array<std::uint32_t, 14> kNumbers{
    0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};

}  // namespace

Mutator::Mutator(const std::vector<Bytes>& corpus, std::uint64_t seed, std::size_t largest)
    : corpus_(corpus), random_(seed), largest_(largest) {}

// Not std::uniform_int_distribution: its sequence is the library's own.
std::size_t Mutator::below(std::size_t count) {
  return count == 0 ? 0 : static_cast<std::size_t>(random_() % count);
}

const Bytes& Mutator::next() {
  if (drawn_ < corpus_.size()) return input_ = corpus_[drawn_++];
  ++drawn_;
  input_ = corpus_[below(corpus_.size())];
  // Mostly few changes, which get deep into a decoder; at times many.
  const std::size_t changes = std::size_t{1} << below(6);
  for (std::size_t i = 0; i < changes; ++i) mutate();
  if (input_.size() > largest_) input_.resize(largest_);
  return input_;
}

void Mutator::mutate() {
  if (input_.empty()) return input_.push_back(static_cast<std::uint8_t>(random_()));
  // Headers lie in front, and that is where a change tells most.
  const bool in_front = below(3) == 0;
  const std::size_t at = below(in_front ? std::min<std::size_t>(input_.size(), 64) : input_.size());
  const auto here = input_.begin() + static_cast<std::ptrdiff_t>(at);
  switch (below(8)) {
    case 0:
      *here ^= static_cast<std::uint8_t>(1U << below(8));
      break;
    case 1:
      *here = static_cast<std::uint8_t>(random_());
      break;
    case 2:
      *here = static_cast<std::uint8_t>(*here + below(9) - 4);
      break;
    case 3:
      writeNumber();
      break;
    case 4: {
      const std::size_t count = std::min(below(64) + 1, input_.size() - at);
      input_.erase(here, here + static_cast<std::ptrdiff_t>(count));
      break;
    }
    case 5:
      copyPart(input_);
      break;
    case 6:
      copyPart(corpus_[below(corpus_.size())]);
      break;
    default:
      if (below(4) == 0) input_.resize(at);
      break;
  }
}

void Mutator::writeNumber() {
  const std::size_t width = std::size_t{1} << below(3);
  if (input_.size() < width) return;
  const std::size_t at = below(input_.size() - width + 1);
  const std::uint32_t number = kNumbers[below(kNumbers.size())];
  const bool big_endian = below(2) == 0;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t shift = 8 * (big_endian ? width - 1 - i : i);
    input_[at + i] = static_cast<std::uint8_t>(number >> shift);
  }
}

void Mutator::copyPart(std::span<const std::uint8_t> from) {
  if (from.empty()) return;
  const std::size_t begin = below(from.size());
  const std::size_t count = std::min(below(256) + 1, from.size() - begin);
  const Bytes part(from.begin() + static_cast<std::ptrdiff_t>(begin),
                   from.begin() + static_cast<std::ptrdiff_t>(begin + count));
  const std::size_t at = below(input_.size() + 1);
  if (below(2) == 0) {
    input_.insert(input_.begin() + static_cast<std::ptrdiff_t>(at), part.begin(), part.end());
  } else {
    const std::size_t kept = std::min(part.size(), input_.size() - at);
    std::copy_n(part.begin(), kept, input_.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

}  // namespace torchwing::fuzz
