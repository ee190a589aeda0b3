#include "core/model/state.h"

#include <ATen/core/grad_mode.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "core/model/network.h"

namespace torchwing {
namespace {

constexpr std::string_view kCounter = ".num_batches_tracked";
/// BatchNorm's version that added the counter (torch/nn/modules/batchnorm.py, _NormBase._version).
constexpr std::int64_t kCounterVersion = 2;

std::string shapeText(at::IntArrayRef shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

/// One part of the message, "missing a, b; ", or nothing.
std::string listing(const std::string& title, const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string text = " " + title + " ";
  for (const std::string& item : items) text += (&item == &items.front() ? "" : ", ") + item;
  return text + ";";
}

std::vector<std::string> quotedAll(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const std::string& name : names) result.push_back(quoted(name));
  return result;
}

/// Whether a state without this key counts as complete: it was saved before BatchNorm had the counter.
bool mayLack(const std::string& name, const ModuleVersions& versions) {
  if (!name.ends_with(kCounter)) return false;
  const auto found = versions.find(name.substr(0, name.size() - kCounter.size()));
  return found == versions.end() || found->second < kCounterVersion;
}

/// PyTorch 0.3 had no tensors without dimensions: its scalars have one, of which load_state_dict takes the
/// first.
at::Tensor asShaped(const at::Tensor& given, const at::Tensor& own) {
  return own.dim() == 0 && given.dim() == 1 && given.size(0) > 0 ? given.select(0, 0) : given;
}

}  // namespace

IncompatibleKeys copyState(Network& network, const StateDict& source, const LoadOptions& options) {
  std::unordered_map<std::string, at::Tensor> given;
  IncompatibleKeys keys;
  std::vector<std::string> repeated, misshaped;
  for (const NamedTensor& entry : source) {
    if (!given.emplace(entry.name, entry.tensor).second) repeated.push_back(quoted(entry.name));
  }

  std::unordered_set<std::string> known;
  forEachTensor(network, [&](const std::string& name, at::Tensor& tensor, TensorKind) {
    known.insert(name);
    const auto found = given.find(name);
    if (found == given.end()) {
      if (!mayLack(name, options.versions)) keys.missing_keys.push_back(name);
      return;
    }
    found->second = asShaped(found->second, tensor);
    if (found->second.sizes() != tensor.sizes()) {
      misshaped.push_back(quoted(name) + " received " + shapeText(found->second.sizes()) + " expected " +
                          shapeText(tensor.sizes()));
    }
  });
  for (const NamedTensor& entry : source) {
    if (!known.contains(entry.name)) keys.unexpected_keys.push_back(entry.name);
  }
  const bool incomplete = !keys.missing_keys.empty() || !keys.unexpected_keys.empty();
  if ((options.strict && incomplete) || !misshaped.empty() || !repeated.empty()) {
    std::string text = "The weights do not fit the model:";
    if (options.strict) {
      text += listing("missing", quotedAll(keys.missing_keys)) +
              listing("unexpected", quotedAll(keys.unexpected_keys));
    }
    text += listing("wrong shape", misshaped) + listing("more than once", repeated);
    text.back() = '.';
    throw Error("WEIGHTS_MISMATCH", text, "Check the architecture and the number of classes.");
  }

  const at::NoGradGuard no_graph;
  forEachTensor(network, [&](const std::string& name, at::Tensor& tensor, TensorKind) {
    if (const auto found = given.find(name); found != given.end()) tensor.copy_(found->second);
  });
  return keys;
}

}  // namespace torchwing
