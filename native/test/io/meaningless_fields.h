#pragma once

#include <string>
#include <vector>

namespace torchwing::test {

/// For each byte of an intact weight file the field that it belongs to, where docs/files.md lists that field
/// as one that carries no meaning; empty text for every other byte.
std::vector<std::string> meaninglessFields(const std::string& bytes);

}  // namespace torchwing::test
