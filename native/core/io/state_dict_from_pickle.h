#pragma once

#include <string>
#include <vector>

#include "core/io/pickle_value.h"

namespace torchwing::pickle {

/// One tensor of a state_dict; `tensor` lives in the Document.
struct NamedReference {
  std::string name;
  const TensorReference* tensor = nullptr;
};

/// The state_dict in a Document: the object itself, or its entry "state_dict" or "model". When every name
/// begins with "module." (DataParallel), that prefix is taken off. What was taken from where goes to `notes`.
/// Throws Error WEIGHTS_UNSUPPORTED for anything else.
std::vector<NamedReference> stateDictFromPickle(const Document& document, std::vector<std::string>& notes);

}  // namespace torchwing::pickle
