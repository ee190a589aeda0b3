#pragma once

#include <string>
#include <vector>

#include "core/io/pickle_value.h"
#include "core/model/module_versions.h"

namespace torchwing::pickle {

/// One tensor of a state_dict; `tensor` lives in the Document.
struct NamedReference {
  std::string name;
  const TensorReference* tensor = nullptr;
};

struct PickledStateDict {
  std::vector<NamedReference> tensors;
  ModuleVersions versions;
};

/// The state_dict in a Document: the object itself, or its entry "state_dict", "model" or "model_state_dict",
/// which goes to `notes`. Throws Error WEIGHTS_UNSUPPORTED for anything else.
PickledStateDict stateDictFromPickle(const Document& document, std::vector<std::string>& notes);

}  // namespace torchwing::pickle
