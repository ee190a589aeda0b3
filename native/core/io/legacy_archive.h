#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/io/input_file.h"
#include "core/io/storage_source.h"

namespace torchwing {

/// PyTorch's format from before version 1.6: five pickles (a magic number, a protocol number, facts on the
/// machine, the object, the keys of its storages), then per key a 64-bit number of elements and their bytes.
/// `file` must outlive it. Errors as readWeights, without the file's name.
class LegacyArchive : public StorageSource {
 public:
  /// Whether the file begins with the magic number's pickle.
  static bool recognizes(const InputFile& file);

  /// Checks that the storages follow each other to the end of the file. Throws Error WEIGHTS_FORMAT.
  explicit LegacyArchive(const InputFile& file);

  /// The saved object.
  const pickle::Document& document() const { return document_; }
  at::Tensor storage(const pickle::StorageReference& reference) override;

 private:
  struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };

  void locateStorages(const pickle::Document& keys, std::uint64_t begin);

  const InputFile& file_;
  pickle::Document document_;
  std::unordered_map<std::string, Extent> extents_;
};

}  // namespace torchwing
