#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/model/named_tensor.h"

namespace torchwing::pickle {

/// Writes one protocol-2 pickle as torch.save would, value by value, and keeps the tensors whose bytes belong
/// beside it. Throws Error WEIGHTS_UNSUPPORTED for a dtype outside storageTypeName's.
class PickleWriter {
 public:
  void none() { opcodes("N"); }
  void boolean(bool value) { opcodes(value ? "\x88" : "\x89"); }
  void integer(std::int64_t value);
  void real(double value);
  void text(const std::string& value);
  void tuple(at::IntArrayRef values);
  /// Described as contiguous on the CPU in a storage of its own, whatever its strides and device.
  void tensor(const at::Tensor& tensor);
  /// OrderedDict(name → tensor).
  void stateDict(const StateDict& tensors);

  /// Between these two, values: key, value, key, value, …
  void beginDict() { opcodes("}("); }
  void endDict() { opcodes("u"); }
  /// Between these two, values.
  void beginList() { opcodes("]("); }
  void endList() { opcodes("e"); }

  /// Ends the pickle.
  std::string finish();
  /// The tensors as they were given; tensor i is the storage with the key "i".
  const std::vector<at::Tensor>& tensors() const { return tensors_; }

 private:
  /// Opcodes by their letters; Python's pickletools names them.
  void opcodes(const char* letters) { out_ += letters; }
  void global(const char* module, const std::string& name);

  std::string out_ = "\x80\x02";  // PROTO 2
  std::vector<at::Tensor> tensors_;
};

}  // namespace torchwing::pickle
