#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/io/zip_writer.h"

namespace torchwing {

/// Adds what torch.save puts into an archive: `pickle`, the bytes of its storages (tensor i under the key
/// "i", contiguous), and the record `torchwing.json` unless it is empty. Throws Error OUTPUT_WRITE.
void addPthMembers(ZipWriter& zip, const std::string& pickle, const std::vector<at::Tensor>& tensors,
                   const std::string& record);

}  // namespace torchwing
