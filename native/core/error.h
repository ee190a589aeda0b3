#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace torchwing {

/// A failure that reaches JavaScript as a TorchwingError.
/// `code` is one of the stable names listed in lib/native/errors.ts; `what()` is one line that names the
/// argument or file, what was received and what was expected; `hint` says what to do, and may be empty.
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), code_(std::move(code)), hint_(std::move(hint)) {}

  const std::string& code() const noexcept { return code_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string code_;
  std::string hint_;
};

}  // namespace torchwing
