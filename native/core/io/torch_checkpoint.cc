#include "core/io/torch_checkpoint.h"

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/io/file_kind.h"
#include "core/io/input_file.h"
#include "core/io/legacy_archive.h"
#include "core/io/load_tensors.h"
#include "core/io/optimizer_from_pickle.h"
#include "core/io/pth_archive.h"
#include "core/io/state_dict_from_pickle.h"
#include "core/io/weight_names.h"

namespace torchwing {
namespace {

/// The first of these entries that the file has.
const pickle::Value* part(const pickle::Document& document, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const pickle::Value* value = pickle::entryOf(*document.root, name)) return value;
  }
  return nullptr;
}

TorchCheckpoint fromDocument(const pickle::Document& document, StorageSource& source) {
  const pickle::Value* optimizer = part(document, {"optimizer", "optimizer_state_dict"});
  if (optimizer == nullptr) {
    throw Error("WEIGHTS_UNSUPPORTED", "it holds no optimizer's state, expected an entry \"optimizer\"",
                "Save it in Python: torch.save({\"model\": model.state_dict(), \"optimizer\": "
                "optimizer.state_dict()}, \"checkpoint.pth\")");
  }
  TorchCheckpoint checkpoint;
  pickle::PickledStateDict model = pickle::stateDictFromPickle(document, checkpoint.model.notes);
  const pickle::PickledSgd sgd = pickle::sgdFromPickle(*optimizer);
  if (const pickle::Value* scheduler = part(document, {"scheduler", "lr_scheduler", "scheduler_state_dict"}))
    checkpoint.scheduler = pickle::stepLrFromPickle(*scheduler);

  // All tensors in one go: a storage that several refer to is read once.
  std::vector<pickle::NamedReference> references = std::move(model.tensors);
  const std::size_t model_tensors = references.size();
  for (const pickle::TensorReference* buffer : sgd.momentum_buffers) {
    if (buffer != nullptr) references.push_back({{}, buffer});
  }
  StateDict tensors = loadTensors(references, source);
  auto next = tensors.begin() + static_cast<std::ptrdiff_t>(model_tensors);
  checkpoint.optimizer.options = sgd.options;
  for (const pickle::TensorReference* buffer : sgd.momentum_buffers)
    checkpoint.optimizer.momentum_buffers.push_back(buffer != nullptr ? (next++)->tensor : at::Tensor());
  tensors.resize(model_tensors);
  checkpoint.model.tensors = std::move(tensors);
  checkpoint.model.versions = std::move(model.versions);
  stripParallelPrefix(checkpoint.model);
  return checkpoint;
}

TorchCheckpoint readAnyFormat(const InputFile& file) {
  switch (fileKindOf(file)) {
    case FileKind::kSafetensors:
      throw Error("WEIGHTS_UNSUPPORTED", "it is safetensors, which cannot hold an optimizer's state");
    case FileKind::kLegacy: {
      LegacyArchive archive(file);
      return fromDocument(archive.document(), archive);
    }
    case FileKind::kZip:
      break;
  }
  PthArchive archive(file);
  TorchCheckpoint checkpoint = fromDocument(archive.document(), archive);
  checkpoint.model.record = archive.record();
  for (std::string& note : archive.notes()) checkpoint.model.notes.push_back(std::move(note));
  return checkpoint;
}

}  // namespace

TorchCheckpoint readTorchCheckpoint(const std::string& path) {
  const InputFile file(path);
  try {
    return readAnyFormat(file);
  } catch (const Error& error) {
    // The parsers below know the reason, not the file.
    throw Error(error.code(), "The checkpoint \"" + path + "\" cannot be read: " + error.what() + ".",
                error.hint());
  }
}

}  // namespace torchwing
