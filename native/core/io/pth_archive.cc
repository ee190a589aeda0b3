#include "core/io/pth_archive.h"

#include <ATen/ops/empty.h>

#include "core/error.h"
#include "core/io/file_text.h"
#include "core/io/restricted_unpickler.h"
#include "core/io/weight_file.h"

namespace torchwing {
namespace {

constexpr char kPickle[] = "data.pkl";
/// Bounds what a hostile file can make the unpickler hold; 120,000 tensors fit.
constexpr std::uint64_t kMostPickleBytes = 16 << 20;
constexpr std::uint64_t kMostRecordBytes = 16 << 20;
constexpr std::uint64_t kMostWordBytes = 64;
/// kMaxSupportedFileFormatVersion of PyTorch's caffe2/serialize/versions.h.
constexpr int kNewestVersion = 10;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

/// The folder, slash included, that holds data.pkl; PyTorch names it after the file that it saved to.
std::string folderOf(const ZipReader& zip) {
  if (zip.records().empty()) refuse("it is an empty zip archive");
  const std::string& first = zip.records().front().name;
  const std::string folder = first.substr(0, first.find('/') + 1);
  for (const ZipRecord& record : zip.records()) {
    if (folder.empty() || record.name.compare(0, folder.size(), folder) != 0) {
      refuse("it is a zip archive, but not PyTorch's: " + printable(record.name) +
             " is not in one folder with the rest");
    }
  }
  return folder;
}

/// A number of one or two digits, and the newline that PyTorch adds.
void requireKnownVersion(const std::string& text) {
  const std::string digits = text.substr(0, text.find_last_not_of('\n') + 1);
  const bool is_number =
      !digits.empty() && digits.size() <= 2 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (is_number && std::stoi(digits) >= 1 && std::stoi(digits) <= kNewestVersion) return;
  throw Error("WEIGHTS_UNSUPPORTED", "its format version is " + printable(digits) + ", expected 1 to " +
                                         std::to_string(kNewestVersion));
}

}  // namespace

PthArchive::PthArchive(const InputFile& file) : zip_(file), folder_(folderOf(zip_)) {
  ours_ = find(kRecordName) != nullptr;
  if (find("constants.pkl") != nullptr) {
    throw Error("WEIGHTS_UNSUPPORTED", "it is a TorchScript archive, expected a state_dict",
                "Save its weights in Python: torch.save(torch.jit.load(\"model.pt\", "
                "map_location=\"cpu\").state_dict(), \"weights.pth\")");
  }
  zip_.requireStored();
  if (find(kPickle) == nullptr || find("version") == nullptr) {
    refuse("it is a zip archive, but not PyTorch's: data.pkl or version is missing");
  }
  requireKnownVersion(text("version", kMostWordBytes));
  if (find("byteorder") != nullptr) {
    if (const std::string order = text("byteorder", kMostWordBytes); order != "little") {
      throw Error("WEIGHTS_UNSUPPORTED", "its byte order is " + printable(order) + ", expected \"little\"");
    }
  }
}

pickle::Document PthArchive::document() {
  const std::string bytes = text(kPickle, kMostPickleBytes);
  pickle::Document document =
      pickle::unpickle({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  if (document.size != bytes.size()) refuse("its data.pkl goes on behind its end");
  return document;
}

std::optional<std::string> PthArchive::record() {
  if (!ours_) return std::nullopt;
  std::string json = text(kRecordName, kMostRecordBytes);
  if (!isUtf8(json)) refuse("its torchwing.json is not UTF-8");
  return json;
}

at::Tensor PthArchive::storage(const pickle::StorageReference& reference) {
  const ZipRecord* record = find("data/" + reference.key);
  if (record == nullptr) refuse("it has no record for storage " + printable(reference.key));
  requireStorageSize(reference, record->size);
  at::Tensor bytes = at::empty({static_cast<std::int64_t>(record->size)}, at::kByte);
  judge(zip_.read(*record, bytes.mutable_data_ptr()), record->name);
  if (reference.dtype == at::kBool) requireBooleans("storage " + printable(reference.key), bytes);
  return bytes;
}

std::vector<std::string> PthArchive::notes() const {
  if (damaged_.empty()) return {};
  return {"The checksum of " + printable(damaged_.front()) +
          (damaged_.size() == 1 ? "" : " and " + std::to_string(damaged_.size() - 1) + " more") +
          " is wrong: the file may be damaged."};
}

const ZipRecord* PthArchive::find(const std::string& name) const {
  return zip_.find(folder_ + name);
}

std::string PthArchive::text(const std::string& name, std::uint64_t limit) {
  const ZipRecord* record = find(name);
  std::string content;
  judge(zip_.read(*record, content, limit), record->name);
  return content;
}

void PthArchive::judge(bool intact, const std::string& name) {
  if (intact) return;
  if (ours_) refuse("it is damaged: the checksum of " + printable(name) + " is wrong");
  damaged_.push_back(name);
}

}  // namespace torchwing
