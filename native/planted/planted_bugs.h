#pragma once

#include <string>

namespace torchwing {

/// Does what a sanitizer is to report: `overflow`, `leak`, `undefined` or `race`. False for any other name.
bool plantBug(const std::string& name);

}  // namespace torchwing
