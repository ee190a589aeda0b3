#pragma once

#include <napi.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

/// Typed reads of what JavaScript passed. TypeScript has checked the values; these make sure that a wrong
/// type is a typed error and never undefined behaviour. All throw INVALID_ARGUMENT, naming the argument.
namespace torchwing::binding {

/// Throws `Invalid value for "name": received ..., expected ...` with what `value` is.
[[noreturn]] void failArgument(const Napi::Value& value, const std::string& name,
                               const std::string& expected);

Napi::Object readObject(const Napi::Value& value, const std::string& name);
Napi::Array readArray(const Napi::Value& value, const std::string& name);
std::string readString(const Napi::Value& value, const std::string& name);
bool readBool(const Napi::Value& value, const std::string& name);
double readNumber(const Napi::Value& value, const std::string& name);
/// An integer that a double holds exactly, at least `minimum`.
std::int64_t readInteger(const Napi::Value& value, const std::string& name,
                         std::int64_t minimum = -(1LL << 53));
/// The same for what the core holds in an int.
int readInt(const Napi::Value& value, const std::string& name, int minimum);
/// The value behind one of the names.
template <class Value>
Value readChoice(const Napi::Value& value, const std::string& name,
                 std::initializer_list<std::pair<const char*, Value>> choices) {
  const std::string given = readString(value, name);
  std::string names;
  for (const auto& [choice, meaning] : choices) {
    if (given == choice) return meaning;
    names += (names.empty() ? "\"" : " or \"") + std::string(choice) + "\"";
  }
  failArgument(value, name, names);
}
/// A probability or share, 0..1.
double readShare(const Napi::Value& value, const std::string& name);
std::vector<std::int64_t> readIntegers(const Napi::Value& value, const std::string& name);
std::vector<std::uint8_t> readBytes(const Napi::Value& value, const std::string& name);

/// The reverse: texts for JavaScript.
Napi::Array stringArray(Napi::Env env, const std::vector<std::string>& texts);

}  // namespace torchwing::binding
