#include "core/io/pth_writer.h"

#include "core/io/atomic_file.h"
#include "core/io/state_dict_pickle.h"
#include "core/io/weight_file.h"
#include "core/io/zip_writer.h"

namespace torchwing {

void writePth(const std::string& path, const StateDict& tensors, const std::string& record) {
  // A fixed folder name, where torch.save takes the file's, so that the bytes do not depend on the path.
  const std::string folder = "archive/";
  const std::string pickle = pickle::pickleStateDict(tensors);

  AtomicFile file(path);
  ZipWriter zip(file);
  zip.add(folder + "data.pkl", pickle);
  zip.add(folder + "byteorder", "little");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    // One after the other: copies of views and of a GPU's tensors never exist all at once.
    const at::Tensor plain = tensors[i].tensor.detach().cpu().contiguous();
    zip.add(folder + "data/" + std::to_string(i), plain.const_data_ptr(), plain.nbytes());
  }
  zip.add(folder + "version", "3\n");
  if (!record.empty()) zip.add(folder + kRecordName, record);
  zip.finish();
  file.commit();
}

}  // namespace torchwing
