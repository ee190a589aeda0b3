#include "core/io/state_dict_from_pickle.h"

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing::pickle {
namespace {

constexpr std::string_view kWrappers[] = {"state_dict", "model"};
constexpr std::string_view kParallelPrefix = "module.";

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_UNSUPPORTED", reason,
              "Save only the weights in Python: torch.save(model.state_dict(), \"weights.pth\")");
}

std::string keyText(const Value& key) {
  const auto* text = std::get_if<std::string>(&key.content);
  return text != nullptr ? printable(*text) : std::to_string(std::get<std::int64_t>(key.content));
}

/// The dict that holds the tensors. A state_dict itself has no dicts among its values, so a wrapper cannot be
/// mistaken.
const Dict& unwrapped(const Document& document, std::vector<std::string>& notes) {
  const auto* root = std::get_if<Dict>(&document.root->content);
  if (root == nullptr) refuse("it holds a single object, expected a state_dict");
  for (const std::string_view wrapper : kWrappers) {
    for (const auto& [key, value] : root->entries) {
      const auto* name = std::get_if<std::string>(&key->content);
      const auto* inner = std::get_if<Dict>(&value->content);
      if (name == nullptr || *name != wrapper || inner == nullptr) continue;
      notes.push_back("The weights were taken from the file's entry " + printable(wrapper) + ".");
      return *inner;
    }
  }
  return *root;
}

void stripParallelPrefix(std::vector<NamedReference>& tensors, std::vector<std::string>& notes) {
  const bool everywhere = std::all_of(tensors.begin(), tensors.end(), [](const NamedReference& entry) {
    return entry.name.compare(0, kParallelPrefix.size(), kParallelPrefix) == 0;
  });
  if (!everywhere) return;
  for (NamedReference& entry : tensors) entry.name.erase(0, kParallelPrefix.size());
  notes.push_back("The prefix " + printable(kParallelPrefix) + " was taken off every name.");
}

}  // namespace

std::vector<NamedReference> stateDictFromPickle(const Document& document, std::vector<std::string>& notes) {
  std::vector<NamedReference> tensors;
  for (const auto& [key, value] : unwrapped(document, notes).entries) {
    const auto* name = std::get_if<std::string>(&key->content);
    const auto* tensor = std::get_if<TensorReference>(&value->content);
    if (name == nullptr || tensor == nullptr) {
      refuse("its entry " + keyText(*key) + " is not a named tensor, expected a state_dict");
    }
    tensors.push_back({*name, tensor});
  }
  if (tensors.empty()) refuse("it holds no tensors, expected a state_dict");
  stripParallelPrefix(tensors, notes);
  return tensors;
}

}  // namespace torchwing::pickle
