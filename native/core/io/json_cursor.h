#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace torchwing {

/// Reads a JSON text (RFC 8259) from its beginning to its end, value by value, building nothing. Strict: keys
/// of one object differ, text is UTF-8 with every escape well-formed, nothing nests deeper than
/// kMostJsonDepth. Every method throws Error WEIGHTS_FORMAT where the text goes on otherwise. `text` must
/// outlive it.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  /// `{…}`: calls `member` with each key; it must consume the value.
  void object(const std::function<void(const std::string& key)>& member);
  /// `[…]`: calls `item` before each value; it must consume it.
  void array(const std::function<void()>& item);
  std::string string();
  /// A number without sign, fraction and exponent, below 2^64.
  std::uint64_t unsignedInteger();
  /// Any value.
  void skip();
  /// Nothing but white space may follow.
  void end();

 private:
  [[noreturn]] void refuse(const std::string& reason) const;
  char peek();
  void expect(char character);
  bool accept(char character);
  void enter();
  void skipNumber();
  void skipDigits();
  void appendEscape(std::string& into);
  std::uint32_t hexDigits();

  std::string_view text_;
  std::size_t position_ = 0;
  int depth_ = 0;
};

inline constexpr int kMostJsonDepth = 32;

/// `text`, which is UTF-8, in double quotes, with JSON's escapes.
std::string jsonString(std::string_view text);

}  // namespace torchwing
