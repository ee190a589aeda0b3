#include "core/io/zip_writer.h"

#include "core/error.h"
#include "core/io/crc32.h"
#include "core/io/little_endian.h"
#include "core/io/zip_format.h"

namespace torchwing {
namespace {

constexpr std::uint64_t kAlignment = 64;
/// An extra field begins with its id and its length.
constexpr std::uint64_t kExtraHeader = 4;
/// 1 January 1980, the earliest that the format knows, at midnight.
constexpr std::uint16_t kDate = 0x0021;
constexpr std::uint16_t kVersionNeeded = 20;

void requireNarrow(std::uint64_t end, std::uint64_t members) {
  if (end >= zip::kSee64 || members >= zip::kSee64Short) {
    throw Error("OUTPUT_WRITE", "A weight file of more than 4 GiB or 65,534 tensors cannot be written.");
  }
}

/// The fields that local and central headers share, from `version needed` to the length of the extra field.
void appendCommon(std::string& header, std::uint32_t crc, std::uint64_t size, std::size_t name,
                  std::size_t extra) {
  appendLittle(header, kVersionNeeded);
  appendLittle(header, zip::kUtf8Flag);
  appendLittle(header, zip::kStored);
  appendLittle(header, std::uint16_t{0});
  appendLittle(header, kDate);
  appendLittle(header, crc);
  appendLittle(header, static_cast<std::uint32_t>(size));
  appendLittle(header, static_cast<std::uint32_t>(size));
  appendLittle(header, static_cast<std::uint16_t>(name));
  appendLittle(header, static_cast<std::uint16_t>(extra));
}

}  // namespace

void ZipWriter::add(const std::string& name, const void* bytes, std::size_t size) {
  const std::uint64_t offset = file_.position();
  const std::uint64_t unpadded = offset + zip::kLocalHeaderSize + name.size() + kExtraHeader;
  const auto padding = static_cast<std::size_t>((kAlignment - unpadded % kAlignment) % kAlignment);
  requireNarrow(unpadded + padding + size, members_);
  const std::uint32_t crc = crc32(0, bytes, size);

  std::string header;
  appendLittle(header, zip::kLocalHeader);
  appendCommon(header, crc, size, name.size(), kExtraHeader + padding);
  header += name;
  appendLittle(header, zip::kPaddingExtra);
  appendLittle(header, static_cast<std::uint16_t>(padding));
  header.append(padding, 'Z');
  file_.write(header.data(), header.size());
  file_.write(bytes, size);

  appendLittle(directory_, zip::kCentralHeader);
  appendLittle(directory_, kVersionNeeded);  // made by: no host system's attributes
  appendCommon(directory_, crc, size, name.size(), 0);
  directory_.append(10, '\0');  // comment length, first disk, attributes
  appendLittle(directory_, static_cast<std::uint32_t>(offset));
  directory_ += name;
  ++members_;
}

void ZipWriter::finish(std::uint16_t comment_size) {
  const std::uint64_t offset = file_.position();
  requireNarrow(offset + directory_.size(), members_);
  const auto members = static_cast<std::uint16_t>(members_);
  const auto size = static_cast<std::uint32_t>(directory_.size());
  appendLittle(directory_, zip::kEnd);
  appendLittle(directory_, std::uint32_t{0});  // this disk, the directory's disk
  appendLittle(directory_, members);
  appendLittle(directory_, members);
  appendLittle(directory_, size);
  appendLittle(directory_, static_cast<std::uint32_t>(offset));
  appendLittle(directory_, comment_size);
  file_.write(directory_.data(), directory_.size());
}

}  // namespace torchwing
