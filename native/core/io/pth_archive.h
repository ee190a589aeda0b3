#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/io/input_file.h"
#include "core/io/storage_source.h"
#include "core/io/zip_reader.h"

namespace torchwing {

/// Records of a zip-format .pth: `<folder>/data.pkl`, `<folder>/data/<key>` and so on, all under one folder.
/// A wrong CRC-32 is an error in files with our record and a remark in others, because PyTorch can be told to
/// write such files. Errors as readWeights, without the file's name.
class PthArchive : public StorageSource {
 public:
  /// Throws Error WEIGHTS_FORMAT, or WEIGHTS_UNSUPPORTED for a TorchScript or big-endian archive.
  explicit PthArchive(const InputFile& file);

  /// The saved object.
  pickle::Document document();
  /// Text of torchwing.json.
  std::optional<std::string> record();
  at::Tensor storage(const pickle::StorageReference& reference) override;
  /// At most one remark, on every record read so far.
  std::vector<std::string> notes() const;

 private:
  const ZipRecord* find(const std::string& name) const;
  std::string text(const std::string& name, std::uint64_t limit);
  void judge(bool intact, const std::string& name);

  ZipReader zip_;
  std::string folder_;
  bool ours_ = false;
  std::vector<std::string> damaged_;
};

}  // namespace torchwing
