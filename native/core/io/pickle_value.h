#pragma once

#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace torchwing::pickle {

/// A value of a pickle. Values point to each other as the pickle says, cycles included, so nothing may walk
/// them to unbounded depth; the Document that they live in frees them all at once.
struct Value;

struct None {};
/// Integer beyond 64 bits: its two's complement, little-endian.
struct BigInteger {
  std::string bytes;
};
struct Tuple {
  std::vector<const Value*> items;
};
struct List {
  std::vector<const Value*> items;
};
/// Keys are strings or 64-bit integers, each once, in order of insertion.
struct Dict {
  bool ordered = false;
  /// What BUILD gave to an OrderedDict, a dict of attributes; null without one.
  const Value* attributes = nullptr;
  std::vector<std::pair<const Value*, const Value*>> entries;
};

/// The callables and classes that a pickle may name: all there are.
enum class Callable { kOrderedDict, kRebuildTensor, kRebuildTensorV2, kRebuildParameter, kParameter };
/// A torch.nn.Parameter that BUILD has not given its tensor yet, as PyTorch wrote them before 0.4.
struct EmptyParameter {};
/// torch.FloatStorage and its like.
struct StorageType {
  c10::ScalarType dtype = c10::ScalarType::Float;
};
/// Bytes kept outside the pickle under `key`.
struct StorageReference {
  c10::ScalarType dtype = c10::ScalarType::Float;
  std::string key;
  /// In elements of `dtype`.
  std::int64_t elements = 0;
};
/// A view of a storage, in elements: none negative, wholly inside `storage.elements`, no more elements than
/// those.
struct TensorReference {
  StorageReference storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
};

struct Value {
  std::variant<None, bool, std::int64_t, BigInteger, double, std::string, Tuple, List, Dict, Callable,
               EmptyParameter, StorageType, StorageReference, TensorReference>
      content;
};

/// One unpickled object with everything it refers to.
struct Document {
  std::deque<Value> values;
  const Value* root = nullptr;
  /// Bytes of the pickle, STOP included.
  std::size_t size = 0;
};

}  // namespace torchwing::pickle
