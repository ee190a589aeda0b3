#include "core/io/rebuild_tensor.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing::pickle {
namespace {

/// Beyond what any layer has; with the key's length it bounds what a few bytes of pickle can make us hold.
constexpr std::size_t kMostDimensions = 8;
constexpr std::size_t kLongestKey = 64;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

template <typename Content>
const Content& argument(const Value* value, const char* what) {
  const auto* content = std::get_if<Content>(&value->content);
  if (content == nullptr) refuse(std::string("its pickle gives a tensor without ") + what);
  return *content;
}

std::vector<std::int64_t> integers(const Value* value, const char* what) {
  const auto& tuple = argument<Tuple>(value, what);
  if (tuple.items.size() > kMostDimensions) refuse("its pickle describes a tensor of more than 8 dimensions");
  std::vector<std::int64_t> result;
  for (const Value* item : tuple.items) {
    result.push_back(argument<std::int64_t>(item, what));
    if (result.back() < 0) refuse(std::string("its pickle describes a tensor with negative ") + what);
  }
  return result;
}

void requireInside(const TensorReference& tensor) {
  const std::string key = printable(tensor.storage.key);
  const std::int64_t available = tensor.storage.elements;
  std::int64_t elements = 1;
  std::int64_t last = tensor.offset;
  const bool empty = std::find(tensor.sizes.begin(), tensor.sizes.end(), 0) != tensor.sizes.end();
  if (tensor.offset < 0) refuse("its pickle describes a tensor with a negative offset");
  if (empty) {
    if (tensor.offset > available) refuse("a tensor begins behind the end of storage " + key);
    return;
  }
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    std::int64_t extent = 0;
    if (__builtin_mul_overflow(elements, tensor.sizes[i], &elements) ||
        __builtin_mul_overflow(tensor.sizes[i] - 1, tensor.strides[i], &extent) ||
        __builtin_add_overflow(last, extent, &last)) {
      refuse("its pickle describes a tensor too large for any memory");
    }
  }
  if (last >= available) {
    refuse("a tensor reaches to element " + std::to_string(last) + " of storage " + key + ", which has " +
           std::to_string(available));
  }
  // An expanded tensor: a few bytes that stand for any number of elements.
  if (elements > available) {
    refuse("a tensor of " + std::to_string(elements) + " elements repeats the " + std::to_string(available) +
           " of storage " + key);
  }
}

}  // namespace

StorageReference storageReference(const Value& persistent_id) {
  const auto& items = argument<Tuple>(&persistent_id, "a storage").items;
  if (items.size() < 5 || items.size() > 6 || argument<std::string>(items[0], "a storage") != "storage") {
    refuse("its pickle refers to something outside it that is not a storage");
  }
  if (items.size() == 6 && !std::holds_alternative<None>(items[5]->content)) {
    refuse("its pickle refers to a view of a storage, a form that PyTorch gave up in 2017");
  }
  argument<std::string>(items[3], "a location");
  StorageReference storage{argument<StorageType>(items[1], "a storage type").dtype,
                           argument<std::string>(items[2], "a storage key"),
                           argument<std::int64_t>(items[4], "a number of elements")};
  if (storage.key.size() > kLongestKey) refuse("its pickle has a storage key of more than 64 bytes");
  if (storage.elements < 0) refuse("its pickle gives storage " + printable(storage.key) + " a negative size");
  return storage;
}

TensorReference tensorReference(const std::vector<const Value*>& arguments) {
  if (arguments.size() < 4) refuse("its pickle gives a tensor too few arguments");
  TensorReference tensor{argument<StorageReference>(arguments[0], "a storage"),
                         argument<std::int64_t>(arguments[1], "an offset"), integers(arguments[2], "sizes"),
                         integers(arguments[3], "strides")};
  if (tensor.sizes.size() != tensor.strides.size()) {
    refuse("its pickle describes a tensor with " + std::to_string(tensor.sizes.size()) + " sizes and " +
           std::to_string(tensor.strides.size()) + " strides");
  }
  requireInside(tensor);
  return tensor;
}

}  // namespace torchwing::pickle
