#include "core/io/load_tensors.h"

#include <ATen/ops/empty.h>

#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing {
namespace {

/// Storages read so far; several tensors may be views of one.
class Storages {
 public:
  explicit Storages(StorageSource& source) : source_(source) {}

  const at::Tensor& get(const pickle::StorageReference& reference) {
    const auto found = loaded_.find(reference.key);
    if (found == loaded_.end()) {
      return loaded_.emplace(reference.key, Loaded{source_.storage(reference), reference})
          .first->second.bytes;
    }
    const pickle::StorageReference& first = found->second.reference;
    if (first.dtype != reference.dtype || first.elements != reference.elements) {
      throw Error("WEIGHTS_FORMAT",
                  "its pickle describes storage " + printable(reference.key) + " in two ways");
    }
    return found->second.bytes;
  }

 private:
  struct Loaded {
    at::Tensor bytes;
    pickle::StorageReference reference;
  };
  StorageSource& source_;
  std::unordered_map<std::string, Loaded> loaded_;
};

}  // namespace

StateDict loadTensors(const std::vector<pickle::NamedReference>& references, StorageSource& source) {
  Storages storages(source);
  StateDict tensors;
  tensors.reserve(references.size());
  for (const auto& [name, reference] : references) {
    at::Tensor tensor = at::empty({0}, reference->storage.dtype);
    tensor.set_(storages.get(reference->storage).storage(), reference->offset, reference->sizes,
                reference->strides);
    tensors.push_back({name, std::move(tensor)});
  }
  return tensors;
}

}  // namespace torchwing
