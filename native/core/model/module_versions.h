#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace torchwing {

/// A state_dict's `_metadata`: versions of modules by their path; the root's path is empty. A module without
/// an entry was saved by a PyTorch that knew no versions, or by a tool that dropped them.
using ModuleVersions = std::unordered_map<std::string, std::int64_t>;

}  // namespace torchwing
