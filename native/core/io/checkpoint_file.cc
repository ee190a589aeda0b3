#include "core/io/checkpoint_file.h"

#include <algorithm>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/io/crc64.h"
#include "core/io/input_file.h"
#include "core/io/pickle_writer.h"
#include "core/io/pth_members.h"
#include "core/io/zip_writer.h"

namespace torchwing {
namespace {

constexpr char kMagic[] = "torchwing-checkpoint ";
constexpr char kVersion[] = "1 ";
constexpr std::size_t kMagicSize = sizeof(kMagic) - 1;
constexpr std::size_t kVersionSize = sizeof(kVersion) - 1;
constexpr std::size_t kLengthDigits = 20;
constexpr std::size_t kSumDigits = 16;
constexpr std::size_t kSealSize = kMagicSize + kVersionSize + kLengthDigits + 1 + kSumDigits;
constexpr std::size_t kPieceSize = 1 << 20;

std::string makeSeal(std::uint64_t length, std::uint64_t sum) {
  char numbers[kLengthDigits + 1 + kSumDigits + 1];
  std::snprintf(numbers, sizeof(numbers), "%020" PRIu64 " %016" PRIx64, length, sum);
  return std::string(kMagic) + kVersion + numbers;
}

[[noreturn]] void fail(const char* code, const std::string& path, const std::string& reason) {
  throw Error(code, "The checkpoint \"" + path + "\" cannot be read: " + reason + ".");
}

/// The seal that the first `size - kSealSize` bytes should have.
std::string expectedSeal(const InputFile& file) {
  Crc64 sum;
  std::vector<char> piece(kPieceSize);
  const std::uint64_t end = file.size() - kSealSize;
  for (std::uint64_t at = 0; at < end; at += piece.size()) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - at));
    file.read(at, piece.data(), count);
    sum.add(piece.data(), count);
  }
  return makeSeal(file.size(), sum.value());
}

void requireIntact(const std::string& path) {
  const InputFile file(path);
  if (file.size() < kSealSize) fail("CHECKPOINT_DAMAGED", path, "it is cut off");
  std::string seal(kSealSize, '\0');
  file.read(file.size() - kSealSize, seal.data(), seal.size());
  if (!seal.starts_with(kMagic)) {
    fail("CHECKPOINT_DAMAGED", path, "it is cut off, or no checkpoint: its end is not that of one");
  }
  if (seal.compare(kMagicSize, kVersionSize, kVersion) != 0) {
    fail("CHECKPOINT_UNSUPPORTED", path, "it has another format version than 1");
  }
  const std::string expected = expectedSeal(file);
  const std::size_t numbers = kMagicSize + kVersionSize;
  if (seal.compare(numbers, kLengthDigits, expected, numbers, kLengthDigits) != 0) {
    fail("CHECKPOINT_DAMAGED", path, "its length is not the one that was written");
  }
  if (seal != expected) fail("CHECKPOINT_DAMAGED", path, "its checksum is wrong");
}

}  // namespace

void writeCheckpoint(const std::string& path, const StateDict& tensors, const std::string& record) {
  pickle::PickleWriter writer;
  writer.stateDict(tensors);
  const std::string pickle = writer.finish();
  Crc64 sum;
  AtomicFile file(path);
  file.checksumInto(&sum);
  ZipWriter zip(file);
  addPthMembers(zip, pickle, writer.tensors(), record);
  zip.finish(static_cast<std::uint16_t>(kSealSize));
  file.checksumInto(nullptr);
  const std::string seal = makeSeal(file.position() + kSealSize, sum.value());
  file.write(seal.data(), seal.size());
  file.commit();
}

WeightFile readCheckpoint(const std::string& path) {
  try {
    requireIntact(path);
    return readWeights(path);
  } catch (const UnreadableFile& error) {
    throw Error("CHECKPOINT_UNREADABLE",
                "The checkpoint \"" + path + "\" cannot be read: " + error.reason() + ".",
                "The file itself may be whole: try again once the system reads it.");
  } catch (const Error& error) {
    if (error.code() == "WEIGHTS_NOT_FOUND") {
      throw Error("CHECKPOINT_NOT_FOUND",
                  "The checkpoint \"" + path + "\" cannot be opened: " + error.what());
    }
    if (error.code().starts_with("WEIGHTS")) fail("CHECKPOINT_DAMAGED", path, error.what());
    throw;
  }
}

}  // namespace torchwing
