#pragma once

#include <cstdint>
#include <span>

#include "core/io/pickle_value.h"

namespace torchwing::pickle {

/// Reads the pickle at the start of `bytes` with the opcodes and globals that state_dicts are made of, and no
/// others. Nothing is imported or called; the four known callables only build plain values. No recursion;
/// every length, stack and memo access is checked; at most kMostValues values, memos, marks,
/// dict entries and places on the stack. Throws Error WEIGHTS_FORMAT
/// (broken, or an opcode outside the list), WEIGHTS_UNSAFE or WEIGHTS_UNSUPPORTED (a global, see
/// resolveGlobal).
Document unpickle(std::span<const std::uint8_t> bytes);

/// About twenty per tensor: room for 50,000 tensors, and a bound on the memory that a small file can ask for.
inline constexpr std::size_t kMostValues = 1'000'000;

}  // namespace torchwing::pickle
