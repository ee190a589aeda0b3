#include "core/io/zip_directory.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/io/little_endian.h"
#include "core/io/zip_format.h"

namespace torchwing {
namespace {

[[noreturn]] void refuse(const char* reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

/// Offset of the end record: the last one whose comment reaches exactly to the end of the file.
std::uint64_t findEnd(const InputFile& file) {
  const std::uint64_t longest = zip::kEndSize + zip::kLongestComment;
  const auto tail_size = static_cast<std::size_t>(std::min(file.size(), longest));
  std::vector<std::uint8_t> tail(tail_size);
  const std::uint64_t tail_offset = file.size() - tail_size;
  file.read(tail_offset, tail.data(), tail_size);
  for (std::size_t comment = 0; comment + zip::kEndSize <= tail_size; ++comment) {
    const std::uint8_t* at = tail.data() + tail_size - zip::kEndSize - comment;
    if (loadLittle<std::uint32_t>(at) == zip::kEnd && loadLittle<std::uint16_t>(at + 20) == comment) {
      return file.size() - zip::kEndSize - comment;
    }
  }
  refuse("it is cut off: the zip directory at its end is missing");
}

struct Found64 {
  ZipDirectory directory;
  std::uint64_t offset = 0;
};

/// The zip64 end record that a locator right before the end record points to, if there is one.
std::optional<Found64> findEnd64(const InputFile& file, std::uint64_t end_offset) {
  if (end_offset < zip::kEnd64LocatorSize) return std::nullopt;
  const std::uint64_t locator_offset = end_offset - zip::kEnd64LocatorSize;
  std::uint8_t locator[zip::kEnd64LocatorSize];
  file.read(locator_offset, locator, sizeof(locator));
  if (loadLittle<std::uint32_t>(locator) != zip::kEnd64Locator) return std::nullopt;
  const auto offset = loadLittle<std::uint64_t>(locator + 8);
  if (loadLittle<std::uint32_t>(locator + 4) != 0 || loadLittle<std::uint32_t>(locator + 16) != 1) {
    refuse("it is a zip archive in several parts");
  }
  if (locator_offset < zip::kEnd64Size || offset != locator_offset - zip::kEnd64Size) {
    refuse("its zip64 end record is not where the locator says");
  }
  std::uint8_t record[zip::kEnd64Size];
  file.read(offset, record, sizeof(record));
  if (loadLittle<std::uint32_t>(record) != zip::kEnd64 ||
      loadLittle<std::uint64_t>(record + 4) != zip::kEnd64Size - 12) {
    refuse("its zip64 end record is broken");
  }
  if (loadLittle<std::uint32_t>(record + 16) != 0 || loadLittle<std::uint32_t>(record + 20) != 0 ||
      loadLittle<std::uint64_t>(record + 24) != loadLittle<std::uint64_t>(record + 32)) {
    refuse("it is a zip archive in several parts");
  }
  return Found64{{loadLittle<std::uint64_t>(record + 48), loadLittle<std::uint64_t>(record + 40),
                  loadLittle<std::uint64_t>(record + 32)},
                 offset};
}

/// A field of the end record is either saturated or repeats the zip64 value.
template <typename Integer>
void requireSame(Integer narrow, std::uint64_t wide) {
  if (narrow != static_cast<Integer>(-1) && narrow != wide)
    refuse("its two zip end records contradict each other");
}

}  // namespace

ZipDirectory findZipDirectory(const InputFile& file) {
  const std::uint64_t end_offset = findEnd(file);
  std::uint8_t end[zip::kEndSize];
  file.read(end_offset, end, sizeof(end));
  const auto entries = loadLittle<std::uint16_t>(end + 10);
  const auto size = loadLittle<std::uint32_t>(end + 12);
  const auto offset = loadLittle<std::uint32_t>(end + 16);
  if (loadLittle<std::uint32_t>(end + 4) != 0 || loadLittle<std::uint16_t>(end + 8) != entries) {
    refuse("it is a zip archive in several parts");
  }

  const std::optional<Found64> found = findEnd64(file, end_offset);
  if (found) {
    requireSame(entries, found->directory.entries);
    requireSame(size, found->directory.size);
    requireSame(offset, found->directory.offset);
  } else if (entries == zip::kSee64Short || size == zip::kSee64 || offset == zip::kSee64) {
    refuse("its zip64 end record is missing");
  }
  const ZipDirectory directory = found ? found->directory : ZipDirectory{offset, size, entries};
  const std::uint64_t limit = found ? found->offset : end_offset;
  if (directory.size > limit || directory.offset != limit - directory.size) {
    refuse("its zip directory is not where the end record says");
  }
  if (directory.entries > directory.size / zip::kCentralHeaderSize) {
    refuse("its zip directory is too small for the number of members");
  }
  return directory;
}

}  // namespace torchwing
