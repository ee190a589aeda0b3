#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace torchwing {

/// How many bytes an allocation asked for, by what an allocator of LibTorch says when it fails; nothing where
/// it does not say. There is no other way to learn it without CUDA's headers. What is larger than a KiB an
/// accelerator's allocator rounds to a hundredth of its unit.
std::optional<std::int64_t> askedBytes(std::string_view message);

}  // namespace torchwing
