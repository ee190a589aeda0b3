#include "core/io/legacy_archive.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/io/file_text.h"
#include "core/io/little_endian.h"
#include "core/io/restricted_unpickler.h"

namespace torchwing {
namespace {

using namespace std::string_view_literals;

/// PROTO 2, LONG1 of ten bytes, 0x1950a86a20f9469cfc6c, STOP.
constexpr std::string_view kMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv;
constexpr std::int64_t kProtocol = 1001;
/// The five pickles together; see kMostPickleBytes of the zip form.
constexpr std::uint64_t kMostPickleBytes = 16 << 20;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

void requireProtocol(const pickle::Document& document) {
  const auto* number = std::get_if<std::int64_t>(&document.root->content);
  if (number == nullptr || *number != kProtocol) refuse("its protocol number is not 1001");
}

void requireLittleEndian(const pickle::Document& document) {
  const auto* facts = std::get_if<pickle::Dict>(&document.root->content);
  if (facts == nullptr) refuse("its facts on the machine are not a dict");
  for (const auto& [key, value] : facts->entries) {
    const auto* name = std::get_if<std::string>(&key->content);
    if (name == nullptr || *name != "little_endian") continue;
    const auto* little = std::get_if<bool>(&value->content);
    if (little != nullptr && *little) return;
    throw Error("WEIGHTS_UNSUPPORTED", "it was saved on a big-endian machine");
  }
  refuse("it does not say in which byte order it was saved");
}

/// Sizes of elements by storage key, from the references in the object.
std::unordered_map<std::string, pickle::StorageReference> referencesIn(const pickle::Document& document) {
  std::unordered_map<std::string, pickle::StorageReference> references;
  for (const pickle::Value& value : document.values) {
    const auto* reference = std::get_if<pickle::StorageReference>(&value.content);
    if (reference != nullptr) references.emplace(reference->key, *reference);
  }
  return references;
}

}  // namespace

bool LegacyArchive::recognizes(const InputFile& file) {
  if (file.size() < kMagic.size()) return false;
  std::string head(kMagic.size(), '\0');
  file.read(0, head.data(), head.size());
  return head == kMagic;
}

LegacyArchive::LegacyArchive(const InputFile& file) : file_(file) {
  std::vector<std::uint8_t> head(static_cast<std::size_t>(std::min(file.size(), kMostPickleBytes)));
  file.read(0, head.data(), head.size());
  std::span<const std::uint8_t> rest(head);
  const auto next = [&rest] {
    pickle::Document document = pickle::unpickle(rest);
    rest = rest.subspan(document.size);
    return document;
  };
  rest = rest.subspan(kMagic.size());
  requireProtocol(next());
  requireLittleEndian(next());
  document_ = next();
  const pickle::Document keys = next();
  locateStorages(keys, head.size() - rest.size());
}

void LegacyArchive::locateStorages(const pickle::Document& keys, std::uint64_t begin) {
  const auto* list = std::get_if<pickle::List>(&keys.root->content);
  if (list == nullptr) refuse("its storage keys are not a list");
  const auto references = referencesIn(document_);
  for (const pickle::Value* item : list->items) {
    const auto* key = std::get_if<std::string>(&item->content);
    const auto found = key == nullptr ? references.end() : references.find(*key);
    if (found == references.end()) refuse("it holds a storage that no tensor refers to");
    std::uint8_t count[8];
    file_.read(begin, count, sizeof(count));
    begin += sizeof(count);
    const pickle::StorageReference& reference = found->second;
    if (loadLittle<std::uint64_t>(count) != static_cast<std::uint64_t>(reference.elements)) {
      refuse("storage " + printable(*key) + " does not have the number of elements that its tensors say");
    }
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(loadLittle<std::uint64_t>(count), c10::elementSize(reference.dtype), &bytes) ||
        bytes > file_.size() - begin) {
      refuse("it is cut off in storage " + printable(*key));
    }
    if (!extents_.emplace(*key, Extent{begin, bytes}).second)
      refuse("it has storage " + printable(*key) + " twice");
    begin += bytes;
  }
  if (begin != file_.size()) refuse("it goes on behind its last storage");
}

at::Tensor LegacyArchive::storage(const pickle::StorageReference& reference) {
  const auto found = extents_.find(reference.key);
  if (found == extents_.end()) refuse("it has no bytes for storage " + printable(reference.key));
  const Extent& extent = found->second;
  requireStorageSize(reference, extent.bytes);
  at::Tensor bytes = at::empty({static_cast<std::int64_t>(extent.bytes)}, at::kByte);
  file_.read(extent.offset, bytes.mutable_data_ptr(), static_cast<std::size_t>(extent.bytes));
  if (reference.dtype == at::kBool) requireBooleans("storage " + printable(reference.key), bytes);
  return bytes;
}

}  // namespace torchwing
