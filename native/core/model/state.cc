#include "core/model/state.h"

#include <ATen/core/grad_mode.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/error.h"

namespace torchwing {
namespace {

constexpr std::string_view kCounter = ".num_batches_tracked";

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

}  // namespace

void copyState(Network& network, const StateDict& source) {
  std::unordered_map<std::string, at::Tensor> given;
  std::vector<std::string> missing, unexpected, misshaped;
  for (const NamedTensor& entry : source) {
    if (!given.emplace(entry.name, entry.tensor).second) unexpected.push_back(quoted(entry.name) + " twice");
  }

  std::unordered_map<std::string, bool> known;
  forEachTensor(network, [&](const std::string& name, at::Tensor& tensor, TensorKind) {
    known.emplace(name, true);
    const auto found = given.find(name);
    if (found == given.end()) {
      if (!name.ends_with(kCounter)) missing.push_back(quoted(name));
    } else if (found->second.sizes() != tensor.sizes()) {
      misshaped.push_back(quoted(name) + " received " + shapeText(found->second.sizes()) + " expected " +
                          shapeText(tensor.sizes()));
    }
  });
  for (const NamedTensor& entry : source) {
    if (!known.contains(entry.name)) unexpected.push_back(quoted(entry.name));
  }
  if (!missing.empty() || !unexpected.empty() || !misshaped.empty()) {
    std::string text = "The weights do not fit the model:" + listing("missing", missing) +
                       listing("unexpected", unexpected) + listing("wrong shape", misshaped);
    text.back() = '.';
    throw Error("WEIGHTS_MISMATCH", text, "Check the architecture and the number of classes.");
  }

  const at::NoGradGuard no_graph;
  forEachTensor(network, [&](const std::string& name, at::Tensor& tensor, TensorKind) {
    const auto found = given.find(name);
    if (found == given.end()) {
      tensor.zero_();
    } else {
      tensor.copy_(found->second);
    }
  });
}

}  // namespace torchwing
