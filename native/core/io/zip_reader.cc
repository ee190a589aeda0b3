#include "core/io/zip_reader.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "core/error.h"
#include "core/io/crc32.h"
#include "core/io/file_text.h"
#include "core/io/little_endian.h"
#include "core/io/zip_directory.h"
#include "core/io/zip_format.h"

namespace torchwing {
namespace {

/// More than any list of tensors needs; bounds what a hostile directory can make us hold.
constexpr std::uint64_t kMostDirectoryBytes = 64U << 20;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

/// Offsets of fields in a local header.
constexpr std::size_t kLocalCrc = 14, kLocalSize = 18, kLocalContentSize = 22;

/// A central header whose record has not been looked up yet.
struct Entry {
  ZipRecord record;
  std::uint64_t content_size = 0;
  std::uint64_t header_offset = 0;
  std::uint16_t flags = 0;
};

/// Fills in what the 32-bit fields leave to the zip64 extra field, in its fixed order: size, stored size,
/// offset.
void readExtra(const std::uint8_t* extra, std::size_t size, Entry& entry) {
  std::uint64_t* const wide[] = {&entry.content_size, &entry.record.size, &entry.header_offset};
  bool seen = false;
  while (size > 0) {
    if (size < 4) refuse("the zip directory has a broken extra field");
    const auto id = loadLittle<std::uint16_t>(extra);
    std::size_t length = loadLittle<std::uint16_t>(extra + 2);
    if (length > size - 4) refuse("the zip directory has a broken extra field");
    const std::uint8_t* field = extra + 4;
    extra = field + length;
    size -= 4 + length;
    if (id != zip::kZip64Extra) continue;
    if (seen) refuse("the zip directory has two zip64 fields for one member");
    seen = true;
    for (std::uint64_t* value : wide) {
      if (*value != zip::kSee64) continue;
      if (length < 8) refuse("the zip directory has a broken zip64 field");
      *value = loadLittle<std::uint64_t>(field);
      field += 8;
      length -= 8;
    }
  }
}

/// Reads the central header at `at`, which must end within `left` bytes; returns its length.
std::size_t readEntry(const std::uint8_t* at, std::size_t left, Entry& entry) {
  if (left < zip::kCentralHeaderSize || loadLittle<std::uint32_t>(at) != zip::kCentralHeader) {
    refuse("its zip directory is broken");
  }
  const std::size_t name_size = loadLittle<std::uint16_t>(at + 28);
  const std::size_t extra_size = loadLittle<std::uint16_t>(at + 30);
  const std::size_t length =
      zip::kCentralHeaderSize + name_size + extra_size + loadLittle<std::uint16_t>(at + 32);
  if (length > left) refuse("its zip directory is broken");
  entry.record.name.assign(reinterpret_cast<const char*>(at + zip::kCentralHeaderSize), name_size);
  const std::string name = printable(entry.record.name);
  if (name_size == 0 || !isUtf8(entry.record.name) || entry.record.name.find('\0') != std::string::npos) {
    refuse("the zip member name " + name + " is not text");
  }
  entry.flags = loadLittle<std::uint16_t>(at + 8);
  if ((entry.flags & zip::kEncryptedFlag) != 0) refuse("its zip member " + name + " is encrypted");
  entry.record.method = loadLittle<std::uint16_t>(at + 10);
  entry.record.crc = loadLittle<std::uint32_t>(at + 16);
  entry.record.size = loadLittle<std::uint32_t>(at + 20);
  entry.content_size = loadLittle<std::uint32_t>(at + 24);
  if (loadLittle<std::uint16_t>(at + 34) != 0) refuse("it is a zip archive in several parts");
  entry.header_offset = loadLittle<std::uint32_t>(at + 42);
  readExtra(at + zip::kCentralHeaderSize + name_size, extra_size, entry);
  if (entry.record.method == zip::kStored && entry.content_size != entry.record.size)
    refuse("its zip member " + name + " has two different sizes");
  return length;
}

/// Finds where the record's bytes begin and checks that header and bytes lie before the directory.
void locate(const InputFile& file, std::uint64_t directory_offset, Entry& entry) {
  const std::string name = printable(entry.record.name);
  if (directory_offset < zip::kLocalHeaderSize ||
      entry.header_offset > directory_offset - zip::kLocalHeaderSize) {
    refuse("its zip member " + name + " lies outside the file");
  }
  std::uint8_t header[zip::kLocalHeaderSize];
  file.read(entry.header_offset, header, sizeof(header));
  const std::uint64_t names = entry.header_offset + zip::kLocalHeaderSize;
  const std::size_t name_size = loadLittle<std::uint16_t>(header + 26);
  entry.record.offset = names + name_size + loadLittle<std::uint16_t>(header + 28);
  if (entry.record.offset > directory_offset || entry.record.size > directory_offset - entry.record.offset) {
    refuse("its zip member " + name + " lies outside the file");
  }
  std::string local_name(name_size, '\0');
  file.read(names, local_name.data(), name_size);
  // With a descriptor behind the content the header leaves these three open.
  const bool complete = (entry.flags & zip::kDescriptorFlag) == 0;
  const auto agrees = [&](std::size_t field, std::uint64_t value) {
    const auto local = loadLittle<std::uint32_t>(header + field);
    return !complete || local == value || (local == zip::kSee64 && field != kLocalCrc);
  };
  if (loadLittle<std::uint32_t>(header) != zip::kLocalHeader || local_name != entry.record.name ||
      loadLittle<std::uint16_t>(header + 6) != entry.flags ||
      loadLittle<std::uint16_t>(header + 8) != entry.record.method || !agrees(kLocalCrc, entry.record.crc) ||
      !agrees(kLocalSize, entry.record.size) || !agrees(kLocalContentSize, entry.content_size)) {
    refuse("the header of its zip member " + name + " contradicts the zip directory");
  }
}

std::string lowercase(const std::string& name) {
  std::string result = name;
  for (char& character : result) {
    character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
  }
  return result;
}

void refuseTwins(const std::vector<Entry>& entries) {
  std::unordered_set<std::string> seen;
  for (const Entry& entry : entries) {
    if (!seen.insert(lowercase(entry.record.name)).second) {
      refuse("it has two zip members named " + printable(entry.record.name) + ", up to upper and lower case");
    }
  }
}

/// Two members that share bytes: one of them lies.
void refuseOverlap(const std::vector<Entry>& entries) {
  std::vector<const Entry*> ordered;
  for (const Entry& entry : entries) ordered.push_back(&entry);
  std::sort(ordered.begin(), ordered.end(),
            [](const Entry* a, const Entry* b) { return a->header_offset < b->header_offset; });
  for (std::size_t i = 1; i < ordered.size(); ++i) {
    const ZipRecord& before = ordered[i - 1]->record;
    if (before.offset + before.size > ordered[i]->header_offset) {
      refuse("its zip members " + printable(before.name) + " and " + printable(ordered[i]->record.name) +
             " overlap");
    }
  }
}

}  // namespace

ZipReader::ZipReader(const InputFile& file) : file_(file) {
  const ZipDirectory directory = findZipDirectory(file);
  if (directory.size > kMostDirectoryBytes) refuse("its zip directory is larger than 64 MiB");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(directory.size));
  file.read(directory.offset, bytes.data(), bytes.size());

  std::vector<Entry> entries(static_cast<std::size_t>(directory.entries));
  std::size_t position = 0;
  for (Entry& entry : entries) position += readEntry(bytes.data() + position, bytes.size() - position, entry);
  if (position != bytes.size()) refuse("its zip directory is larger than the number of members says");
  refuseTwins(entries);
  for (Entry& entry : entries) locate(file, directory.offset, entry);
  refuseOverlap(entries);

  records_.reserve(entries.size());  // by_name_ points into it
  for (Entry& entry : entries) {
    records_.push_back(std::move(entry.record));
    by_name_.emplace(records_.back().name, &records_.back());
  }
}

const ZipRecord* ZipReader::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

void ZipReader::requireStored() const {
  for (const ZipRecord& record : records_) {
    if (record.method == zip::kStored) continue;
    refuse("its zip member " + printable(record.name) + " is compressed (method " +
           std::to_string(record.method) + (record.method == 8 ? ", deflate" : "") +
           "), which PyTorch never does with weights");
  }
}

bool ZipReader::read(const ZipRecord& record, void* into) const {
  // In pieces that the checksum finds in the processor's cache.
  constexpr std::uint64_t kPiece = 256 << 10;
  auto* bytes = static_cast<std::uint8_t*>(into);
  std::uint32_t crc = 0;
  for (std::uint64_t done = 0; done < record.size; done += kPiece) {
    const auto count = static_cast<std::size_t>(std::min(kPiece, record.size - done));
    file_.read(record.offset + done, bytes + done, count);
    crc = crc32(crc, bytes + done, count);
  }
  return crc == record.crc;
}

bool ZipReader::read(const ZipRecord& record, std::string& into, std::uint64_t limit) const {
  if (record.size > limit) {
    refuse("its zip member " + printable(record.name) + " has " + std::to_string(record.size) +
           " bytes, expected at most " + std::to_string(limit));
  }
  into.resize(static_cast<std::size_t>(record.size));
  return read(record, into.data());
}

}  // namespace torchwing
