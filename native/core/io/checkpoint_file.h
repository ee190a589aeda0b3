#pragma once

#include <string>

#include "core/io/weight_file.h"

namespace torchwing {

/// A checkpoint is a weight file of the .pth form whose zip comment holds its length and the CRC-64 of every
/// byte before the comment, so that any damage is seen before anything in it is used: PyTorch checks nothing.
///   torchwing-checkpoint 1 <length, 20 decimal digits> <CRC-64/XZ, 16 hex digits>

/// Writes one, atomically (core/io/atomic_file.h). `tensors`: contiguous, on the CPU. Throws Error
/// OUTPUT_WRITE. Any thread.
void writeCheckpoint(const std::string& path, const StateDict& tensors, const std::string& record);

/// Reads one. Throws Error CHECKPOINT_NOT_FOUND, CHECKPOINT_UNREADABLE (the system refuses it; it may be
/// whole), CHECKPOINT_DAMAGED (cut off, another length, a wrong checksum, no checkpoint at all) or
/// CHECKPOINT_UNSUPPORTED (a later format version). Any thread.
WeightFile readCheckpoint(const std::string& path);

}  // namespace torchwing
