#include "core/io/weight_file.h"

#include <utility>

#include "core/error.h"
#include "core/io/file_kind.h"
#include "core/io/input_file.h"
#include "core/io/legacy_archive.h"
#include "core/io/load_tensors.h"
#include "core/io/pth_archive.h"
#include "core/io/safetensors_reader.h"
#include "core/io/state_dict_from_pickle.h"
#include "core/io/weight_names.h"

namespace torchwing {
namespace {

/// A model computes in float32 or float64: other floating-point weights change when they are loaded.
void noteConversions(const StateDict& tensors, std::vector<std::string>& notes) {
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16, at::kDouble}) {
    std::size_t count = 0;
    for (const NamedTensor& entry : tensors) count += entry.tensor.scalar_type() == dtype ? 1 : 0;
    if (count == 0) continue;
    notes.push_back(std::to_string(count) + " of " + std::to_string(tensors.size()) + " tensors are " +
                    c10::toString(dtype) + "; a model converts them to its own dtype when it loads them.");
  }
}

void takeStateDict(const pickle::Document& document, StorageSource& source, WeightFile& result) {
  pickle::PickledStateDict state = pickle::stateDictFromPickle(document, result.notes);
  result.tensors = loadTensors(state.tensors, source);
  result.versions = std::move(state.versions);
}

WeightFile readLegacy(const InputFile& file) {
  LegacyArchive archive(file);
  WeightFile result;
  takeStateDict(archive.document(), archive, result);
  return result;
}

WeightFile readZip(const InputFile& file) {
  PthArchive archive(file);
  WeightFile result;
  result.record = archive.record();
  takeStateDict(archive.document(), archive, result);
  for (std::string& note : archive.notes()) result.notes.push_back(std::move(note));
  return result;
}

WeightFile readAnyFormat(const InputFile& file) {
  switch (fileKindOf(file)) {
    case FileKind::kLegacy:
      return readLegacy(file);
    case FileKind::kSafetensors:
      return readSafetensors(file);
    case FileKind::kZip:
      break;
  }
  return readZip(file);
}

void requireTensors(const WeightFile& file) {
  if (!file.tensors.empty()) return;
  throw Error("WEIGHTS_UNSUPPORTED", "it holds no tensors, expected a state_dict",
              "Save only the weights in Python: torch.save(model.state_dict(), \"weights.pth\")");
}

}  // namespace

WeightFile readWeights(const std::string& path, const std::string& prefix) {
  const InputFile file(path);
  // The parsers below know the reason, not the file.
  const auto named = [&](const Error& error) {
    return "The weight file \"" + path + "\" cannot be read: " + error.what() + ".";
  };
  try {
    WeightFile result = readAnyFormat(file);
    requireTensors(result);
    if (prefix.empty())
      stripParallelPrefix(result);
    else
      keepPrefix(result, prefix);
    noteConversions(result.tensors, result.notes);
    return result;
  } catch (const UnreadableFile& error) {
    throw UnreadableFile(error.code(), named(error), error.reason(), error.hint());
  } catch (const Error& error) {
    throw Error(error.code(), named(error), error.hint());
  }
}

}  // namespace torchwing
