#include "core/io/state_dict_from_pickle.h"

#include <string_view>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing::pickle {
namespace {

constexpr std::string_view kWrappers[] = {"state_dict", "model", "model_state_dict"};

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

/// The value of `name` in a dict; null where `value` is none or has no such key.
const Value* entryOf(const Value* value, std::string_view name) {
  const auto* dict = value == nullptr ? nullptr : std::get_if<Dict>(&value->content);
  if (dict == nullptr) return nullptr;
  for (const auto& [key, entry] : dict->entries) {
    const auto* text = std::get_if<std::string>(&key->content);
    if (text != nullptr && *text == name) return entry;
  }
  return nullptr;
}

/// A module's entry in `_metadata` has one field; a longer one, which many entries may share, is passed over
/// so that reading stays linear.
constexpr std::size_t kMostModuleFields = 16;

bool isModuleEntry(const Value* value) {
  const auto* dict = std::get_if<Dict>(&value->content);
  return dict != nullptr && dict->entries.size() <= kMostModuleFields;
}

/// `_metadata` is {path: {'version': number}}.
ModuleVersions versionsOf(const Dict& state) {
  ModuleVersions versions;
  const Value* metadata = entryOf(state.attributes, "_metadata");
  const auto* modules = metadata == nullptr ? nullptr : std::get_if<Dict>(&metadata->content);
  if (modules == nullptr) return versions;
  for (const auto& [key, value] : modules->entries) {
    const auto* path = std::get_if<std::string>(&key->content);
    const Value* version = isModuleEntry(value) ? entryOf(value, "version") : nullptr;
    const auto* number = version == nullptr ? nullptr : std::get_if<std::int64_t>(&version->content);
    if (path != nullptr && number != nullptr) versions.emplace(*path, *number);
  }
  return versions;
}

}  // namespace

PickledStateDict stateDictFromPickle(const Document& document, std::vector<std::string>& notes) {
  const Dict& dict = unwrapped(document, notes);
  PickledStateDict state;
  for (const auto& [key, value] : dict.entries) {
    const auto* name = std::get_if<std::string>(&key->content);
    const auto* tensor = std::get_if<TensorReference>(&value->content);
    if (name == nullptr || tensor == nullptr) {
      refuse("its entry " + keyText(*key) + " is not a named tensor, expected a state_dict");
    }
    state.tensors.push_back({*name, tensor});
  }
  state.versions = versionsOf(dict);
  return state;
}

}  // namespace torchwing::pickle
