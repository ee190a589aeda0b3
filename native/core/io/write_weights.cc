#include <string>

#include "core/io/atomic_file.h"
#include "core/io/state_dict_pickle.h"
#include "core/io/weight_file.h"
#include "core/io/zip_writer.h"

namespace torchwing {

void writeWeights(const std::string& path, const StateDict& tensors, const std::string& record) {
  // A fixed folder name, where torch.save takes the file's, so that the bytes do not depend on the path.
  const std::string folder = "archive/";
  StateDict plain;
  plain.reserve(tensors.size());
  for (const NamedTensor& entry : tensors)
    plain.push_back({entry.name, entry.tensor.detach().cpu().contiguous()});
  const std::string pickle = pickle::pickleStateDict(plain);

  AtomicFile file(path);
  ZipWriter zip(file);
  zip.add(folder + "data.pkl", pickle);
  zip.add(folder + "byteorder", "little");
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const at::Tensor& tensor = plain[i].tensor;
    zip.add(folder + "data/" + std::to_string(i), tensor.const_data_ptr(), tensor.nbytes());
  }
  zip.add(folder + "version", "3\n");
  if (!record.empty()) zip.add(folder + "torchwing.json", record);
  zip.finish();
  file.commit();
}

}  // namespace torchwing
