#include "core/io/pth_members.h"

#include "core/io/weight_file.h"

namespace torchwing {

void addPthMembers(ZipWriter& zip, const std::string& pickle, const std::vector<at::Tensor>& tensors,
                   const std::string& record) {
  // A fixed folder name, where torch.save takes the file's, so that the bytes do not depend on the path.
  const std::string folder = "archive/";
  zip.add(folder + "data.pkl", pickle);
  zip.add(folder + "byteorder", "little");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    // One after the other: copies of views and of a GPU's tensors never exist all at once.
    const at::Tensor plain = tensors[i].detach().cpu().contiguous();
    zip.add(folder + "data/" + std::to_string(i), plain.const_data_ptr(), plain.nbytes());
  }
  zip.add(folder + "version", "3\n");
  if (!record.empty()) zip.add(folder + kRecordName, record);
}

}  // namespace torchwing
