#include "core/io/state_dict_pickle.h"

#include <c10/util/strides.h>

#include <cstdint>
#include <utility>

#include "core/io/little_endian.h"
#include "core/io/pickle_globals.h"

namespace torchwing::pickle {
namespace {

/// Opcodes are written by their letters; Python's pickletools names them.
class Writer {
 public:
  std::string take() { return std::move(out_); }

  void opcodes(const char* letters) { out_ += letters; }

  void global(const char* module, const std::string& name) {
    out_ += 'c' + std::string(module) + '\n' + name + '\n';
  }

  void text(const std::string& value) {
    out_ += 'X';  // BINUNICODE
    appendLittle(out_, static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }

  void integer(std::int64_t value) {
    if (value >= 0 && value <= 0xff) {
      out_ += 'K';  // BININT1
      appendLittle(out_, static_cast<std::uint8_t>(value));
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
      out_ += 'J';  // BININT
      appendLittle(out_, static_cast<std::uint32_t>(value));
    } else {
      out_ += "\x8a\x08";  // LONG1 of 8 bytes
      appendLittle(out_, static_cast<std::uint64_t>(value));
    }
  }

  void integers(at::IntArrayRef values) {
    opcodes("(");
    for (const std::int64_t value : values) integer(value);
    opcodes("t");
  }

 private:
  std::string out_ = "\x80\x02";  // PROTO 2
};

void writeTensor(Writer& writer, const at::Tensor& tensor, std::size_t index) {
  writer.global("torch._utils", "_rebuild_tensor_v2");
  writer.opcodes("((");
  writer.text("storage");
  writer.global("torch", storageTypeName(tensor.scalar_type()));
  writer.text(std::to_string(index));
  writer.text("cpu");
  writer.integer(tensor.numel());
  writer.opcodes("tQ");  // BINPERSID
  writer.integer(0);     // offset
  writer.integers(tensor.sizes());
  writer.integers(c10::contiguous_strides(tensor.sizes()));
  writer.opcodes("\x89");  // requires_grad: False
  writer.global("collections", "OrderedDict");
  writer.opcodes(")RtR");  // backward_hooks: OrderedDict()
}

}  // namespace

std::string pickleStateDict(const StateDict& tensors) {
  Writer writer;
  writer.global("collections", "OrderedDict");
  writer.opcodes(")R(");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    writer.text(tensors[i].name);
    writeTensor(writer, tensors[i].tensor, i);
  }
  writer.opcodes("u.");
  return writer.take();
}

}  // namespace torchwing::pickle
