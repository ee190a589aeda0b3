#include "core/io/json_cursor.h"

#include <unordered_set>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing {
namespace {

bool isSpace(char character) {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

bool isDigit(char character) {
  return character >= '0' && character <= '9';
}

bool isControl(char character) {
  return static_cast<std::uint8_t>(character) < 0x20;
}

/// `code_point` below 0x110000 as UTF-8.
void appendUtf8(std::string& into, std::uint32_t code_point) {
  if (code_point < 0x80) {
    into += static_cast<char>(code_point);
    return;
  }
  const int following = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  constexpr std::uint8_t kFirst[] = {0, 0xc0, 0xe0, 0xf0};
  into += static_cast<char>(kFirst[following] | (code_point >> (6 * following)));
  for (int i = following - 1; i >= 0; --i) into += static_cast<char>(0x80 | ((code_point >> (6 * i)) & 0x3f));
}

}  // namespace

void JsonCursor::object(const std::function<void(const std::string&)>& member) {
  enter();
  expect('{');
  std::unordered_set<std::string> keys;
  for (bool more = !accept('}'); more; more = !accept('}')) {
    if (!keys.empty()) expect(',');
    std::string key = string();
    expect(':');
    const auto [fresh, inserted] = keys.insert(std::move(key));
    if (!inserted) refuse("has the key " + printable(*fresh) + " twice");
    member(*fresh);
  }
  --depth_;
}

void JsonCursor::array(const std::function<void()>& item) {
  enter();
  expect('[');
  bool first = true;
  for (bool more = !accept(']'); more; more = !accept(']')) {
    if (!first) expect(',');
    first = false;
    item();
  }
  --depth_;
}

std::string JsonCursor::string() {
  expect('"');
  std::string result;
  while (true) {
    const std::size_t begin = position_;
    while (position_ < text_.size() && text_[position_] != '"' && text_[position_] != '\\' &&
           !isControl(text_[position_])) {
      ++position_;
    }
    result += text_.substr(begin, position_ - begin);
    if (position_ == text_.size()) refuse("ends inside a string");
    const char character = text_[position_++];
    if (character == '"') break;
    if (character != '\\') refuse("has a control character in a string");
    appendEscape(result);
  }
  if (!isUtf8(result)) refuse("has the text " + printable(result) + ", which is not UTF-8");
  return result;
}

std::uint64_t JsonCursor::unsignedInteger() {
  if (!isDigit(peek())) refuse("has no unsigned integer where one belongs");
  const std::size_t begin = position_;
  std::uint64_t value = 0;
  while (position_ < text_.size() && isDigit(text_[position_])) {
    const auto digit = static_cast<std::uint64_t>(text_[position_++] - '0');
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      refuse("has a number beyond 64 bits");
    }
  }
  if (text_[begin] == '0' && position_ - begin > 1) refuse("has a number with a leading zero");
  // A fraction or an exponent; the caller would mistake what follows for a broken list.
  if (position_ < text_.size() && (text_[position_] == '.' || (text_[position_] | 0x20) == 'e')) {
    refuse("has no unsigned integer where one belongs");
  }
  return value;
}

void JsonCursor::skip() {
  switch (peek()) {
    case '{':
      object([this](const std::string&) { skip(); });
      break;
    case '[':
      array([this] { skip(); });
      break;
    case '"':
      string();
      break;
    default: {
      for (const std::string_view word : {"true", "false", "null"}) {
        if (text_.substr(position_, word.size()) != word) continue;
        position_ += word.size();
        return;
      }
      skipNumber();
    }
  }
}

void JsonCursor::end() {
  while (position_ < text_.size() && isSpace(text_[position_])) ++position_;
  if (position_ != text_.size()) refuse("goes on behind its end");
}

void JsonCursor::refuse(const std::string& reason) const {
  throw Error("WEIGHTS_FORMAT", "its JSON header " + reason + ", at byte " + std::to_string(position_));
}

/// The next character that is not white space.
char JsonCursor::peek() {
  while (position_ < text_.size() && isSpace(text_[position_])) ++position_;
  if (position_ == text_.size()) refuse("is cut off");
  return text_[position_];
}

void JsonCursor::expect(char character) {
  if (!accept(character)) refuse(std::string("lacks '") + character + "'");
}

bool JsonCursor::accept(char character) {
  if (peek() != character) return false;
  ++position_;
  return true;
}

void JsonCursor::enter() {
  if (++depth_ > kMostJsonDepth) refuse("nests deeper than " + std::to_string(kMostJsonDepth) + " levels");
}

void JsonCursor::skipNumber() {
  accept('-');
  const std::size_t begin = position_;
  skipDigits();
  if (text_[begin] == '0' && position_ - begin > 1) refuse("has a number with a leading zero");
  if (position_ < text_.size() && text_[position_] == '.') {
    ++position_;
    skipDigits();
  }
  if (position_ < text_.size() && (text_[position_] | 0x20) == 'e') {
    ++position_;
    if (position_ < text_.size() && (text_[position_] == '+' || text_[position_] == '-')) ++position_;
    skipDigits();
  }
}

void JsonCursor::skipDigits() {
  if (position_ == text_.size() || !isDigit(text_[position_])) refuse("has a value that is none");
  while (position_ < text_.size() && isDigit(text_[position_])) ++position_;
}

void JsonCursor::appendEscape(std::string& into) {
  if (position_ == text_.size()) refuse("ends inside a string");
  const char letter = text_[position_++];
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (const std::size_t index = kLetters.find(letter); index != std::string_view::npos) {
    into += kMeanings[index];
    return;
  }
  if (letter != 'u') refuse("has an unknown escape");
  std::uint32_t code_point = hexDigits();
  if (code_point >= 0xd800 && code_point < 0xdc00 && text_.substr(position_, 2) == "\\u") {
    position_ += 2;
    const std::uint32_t low = hexDigits();
    if (low < 0xdc00 || low > 0xdfff) refuse("has half of a surrogate pair");
    code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
  }
  if (code_point >= 0xd800 && code_point <= 0xdfff) refuse("has half of a surrogate pair");
  appendUtf8(into, code_point);
}

std::uint32_t JsonCursor::hexDigits() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char character = position_ < text_.size() ? text_[position_++] : '\0';
    const char lower = static_cast<char>(character | 0x20);
    if (isDigit(character)) {
      value = value * 16 + static_cast<std::uint32_t>(character - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      refuse("has an escape without four hexadecimal digits");
    }
  }
  return value;
}

std::string jsonString(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char character : text) {
    if (isControl(character)) {
      result += {'\\', 'u', '0', '0', kDigits[character >> 4], kDigits[character & 15]};
    } else {
      if (character == '"' || character == '\\') result += '\\';
      result += character;
    }
  }
  return result + '"';
}

}  // namespace torchwing
