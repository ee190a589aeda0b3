#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace torchwing::test {

/// One JSON value of the fixtures: objects, lists, text and integers are all that they use.
class Json {
 public:
  using List = std::vector<Json>;
  using Object = std::map<std::string, Json>;

  Json() = default;
  explicit Json(std::variant<std::string, std::int64_t, List, Object> value) : value_(std::move(value)) {}

  const std::string& text() const { return std::get<std::string>(value_); }
  std::int64_t integer() const { return std::get<std::int64_t>(value_); }
  const List& list() const { return std::get<List>(value_); }
  const Object& object() const { return std::get<Object>(value_); }
  /// Throws std::out_of_range when the object or list has no such entry.
  const Json& operator[](const std::string& key) const { return object().at(key); }
  const Json& operator[](std::size_t index) const { return list().at(index); }

  /// Hexadecimal text as a double.
  double number() const { return std::stod(text()); }
  /// A list of hexadecimal texts.
  std::vector<double> numbers() const {
    std::vector<double> numbers;
    for (const Json& item : list()) numbers.push_back(item.number());
    return numbers;
  }

 private:
  std::variant<std::string, std::int64_t, List, Object> value_;
};

/// Recursive descent over the JSON that scripts/golden writes: no escapes, no fractions, no literals.
class JsonParser {
 public:
  explicit JsonParser(std::string text) : text_(std::move(text)) {}

  Json document() {
    Json value = parseValue();
    if (peek() != '\0') fail("end of file");
    return value;
  }

 private:
  char peek() {
    while (at_ < text_.size() && std::string(" \n\r\t").find(text_[at_]) != std::string::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool accept(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(std::string(1, wanted));
  }

  [[noreturn]] void fail(const std::string& expected) const {
    throw std::runtime_error("fixture: expected " + expected + " at byte " + std::to_string(at_));
  }

  Json parseValue() {
    switch (peek()) {
      case '{':
        return Json(parseObject());
      case '[':
        return Json(parseList());
      case '"':
        return Json(parseText());
      default:
        return Json(parseInteger());
    }
  }

  Json::Object parseObject() {
    Json::Object object;
    expect('{');
    if (accept('}')) return object;
    do {
      peek();
      std::string key = parseText();
      expect(':');
      object.emplace(std::move(key), parseValue());
    } while (accept(','));
    expect('}');
    return object;
  }

  Json::List parseList() {
    Json::List list;
    expect('[');
    if (accept(']')) return list;
    do {
      list.push_back(parseValue());
    } while (accept(','));
    expect(']');
    return list;
  }

  std::string parseText() {
    expect('"');
    const std::size_t end = text_.find('"', at_);
    if (end == std::string::npos) fail("\"");
    std::string text = text_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

  std::int64_t parseInteger() {
    const std::size_t end = text_.find_first_not_of("-0123456789", at_);
    const std::string digits = text_.substr(at_, end - at_);
    if (digits.empty()) fail("a value");
    at_ += digits.size();
    return std::stoll(digits);
  }

  std::string text_;
  std::size_t at_ = 0;
};

/// test/parity/fixtures/<folder>/<topic>.json. Throws std::runtime_error when it is missing or malformed.
inline Json readFixture(const std::string& topic, const std::string& folder = "model") {
  const std::string path = std::string(TORCHWING_FIXTURES) + "/" + folder + "/" + topic + ".json";
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("fixture: cannot open " + path);
  return JsonParser(std::string(std::istreambuf_iterator<char>(file), {})).document();
}

}  // namespace torchwing::test
