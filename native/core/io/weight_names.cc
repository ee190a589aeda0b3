#include "core/io/weight_names.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing {
namespace {

constexpr char kParallelPrefix[] = "module.";
/// Names that a message gives as examples.
constexpr std::size_t kMostExamples = 3;

/// Versions of the modules under `prefix`. The module that it names, "backbone" for "backbone.", becomes the
/// root.
ModuleVersions versionsUnder(const ModuleVersions& versions, const std::string& prefix) {
  ModuleVersions kept;
  for (const auto& [path, version] : versions) {
    if ((path + ".").starts_with(prefix))
      kept.emplace(path.substr(std::min(path.size(), prefix.size())), version);
  }
  return kept;
}

std::string examples(const StateDict& tensors) {
  std::string text;
  for (std::size_t i = 0; i < std::min(tensors.size(), kMostExamples); ++i)
    text += (i == 0 ? "" : ", ") + printable(tensors[i].name);
  return text + (tensors.size() > kMostExamples ? ", …" : "");
}

}  // namespace

void keepPrefix(WeightFile& file, const std::string& prefix) {
  StateDict kept;
  for (const NamedTensor& entry : file.tensors) {
    if (entry.name.starts_with(prefix)) kept.push_back({entry.name.substr(prefix.size()), entry.tensor});
  }
  if (kept.empty()) {
    throw Error(
        "WEIGHTS_MISMATCH", "none of its tensors has a name that begins with the prefix " + printable(prefix),
        "Its names are " + examples(file.tensors) + ". Give the prefix with its dot, as \"backbone.\".");
  }
  if (const std::size_t left = file.tensors.size() - kept.size(); left > 0) {
    file.notes.push_back(std::to_string(left) + " of " + std::to_string(file.tensors.size()) +
                         " tensors were left out: their names do not begin with the prefix " +
                         printable(prefix) + ".");
  }
  file.tensors = std::move(kept);
  file.versions = versionsUnder(file.versions, prefix);
}

void stripParallelPrefix(WeightFile& file) {
  const auto begins_so = [](const NamedTensor& entry) { return entry.name.starts_with(kParallelPrefix); };
  if (!std::all_of(file.tensors.begin(), file.tensors.end(), begins_so)) return;
  keepPrefix(file, kParallelPrefix);
  file.notes.push_back("The prefix " + printable(kParallelPrefix) + " was taken off every name.");
}

}  // namespace torchwing
