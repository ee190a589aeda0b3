#include "core/io/pickle_writer.h"

#include <c10/util/strides.h>

#include <bit>

#include "core/io/little_endian.h"
#include "core/io/pickle_globals.h"

namespace torchwing::pickle {

void PickleWriter::integer(std::int64_t value) {
  if (value >= 0 && value <= 0xff) {
    opcodes("K");  // BININT1
    appendLittle(out_, static_cast<std::uint8_t>(value));
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    opcodes("J");  // BININT
    appendLittle(out_, static_cast<std::uint32_t>(value));
  } else {
    opcodes("\x8a\x08");  // LONG1 of 8 bytes
    appendLittle(out_, static_cast<std::uint64_t>(value));
  }
}

void PickleWriter::real(double value) {
  opcodes("G");  // BINFLOAT, big-endian
  appendLittle(out_, __builtin_bswap64(std::bit_cast<std::uint64_t>(value)));
}

void PickleWriter::text(const std::string& value) {
  opcodes("X");  // BINUNICODE
  appendLittle(out_, static_cast<std::uint32_t>(value.size()));
  out_ += value;
}

void PickleWriter::tuple(at::IntArrayRef values) {
  opcodes("(");
  for (const std::int64_t value : values) integer(value);
  opcodes("t");
}

void PickleWriter::tensor(const at::Tensor& tensor) {
  global("torch._utils", "_rebuild_tensor_v2");
  opcodes("((");
  text("storage");
  global("torch", storageTypeName(tensor.scalar_type()));
  text(std::to_string(tensors_.size()));
  text("cpu");
  integer(tensor.numel());
  opcodes("tQ");  // BINPERSID
  integer(0);     // offset
  tuple(tensor.sizes());
  tuple(c10::contiguous_strides(tensor.sizes()));
  boolean(false);  // requires_grad
  global("collections", "OrderedDict");
  opcodes(")RtR");  // backward_hooks: OrderedDict()
  tensors_.push_back(tensor);
}

void PickleWriter::stateDict(const StateDict& tensors) {
  global("collections", "OrderedDict");
  opcodes(")R(");
  for (const NamedTensor& entry : tensors) {
    text(entry.name);
    tensor(entry.tensor);
  }
  opcodes("u");
}

std::string PickleWriter::finish() {
  opcodes(".");
  return std::move(out_);
}

void PickleWriter::global(const char* module, const std::string& name) {
  out_ += 'c' + std::string(module) + '\n' + name + '\n';
}

}  // namespace torchwing::pickle
