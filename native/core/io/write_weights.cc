#include "core/io/pth_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/io/weight_file.h"

namespace torchwing {

void writeWeights(const std::string& path, const StateDict& tensors, const std::string& record,
                  WeightFormat format) {
  switch (format) {
    case WeightFormat::kPth:
      return writePth(path, tensors, record);
    case WeightFormat::kSafetensors:
      return writeSafetensors(path, tensors, record);
  }
}

}  // namespace torchwing
