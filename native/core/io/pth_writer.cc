#include "core/io/pth_writer.h"

#include "core/io/atomic_file.h"
#include "core/io/pickle_writer.h"
#include "core/io/pth_members.h"
#include "core/io/zip_writer.h"

namespace torchwing {

void writePth(const std::string& path, const StateDict& tensors, const std::string& record) {
  pickle::PickleWriter writer;
  writer.stateDict(tensors);
  const std::string pickle = writer.finish();
  AtomicFile file(path);
  ZipWriter zip(file);
  addPthMembers(zip, pickle, writer.tensors(), record);
  zip.finish();
  file.commit();
}

}  // namespace torchwing
