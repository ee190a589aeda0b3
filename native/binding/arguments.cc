#include "binding/arguments.h"

#include <cmath>
#include <limits>

#include "binding/failure.h"

namespace torchwing::binding {

namespace {

/// Long enough for any name that an argument may have, short enough for one line.
constexpr std::size_t kLongestText = 80;

/// Bounds what is passed on to the core's int fields.
std::string range(std::int64_t minimum, std::int64_t maximum) {
  const std::string from = "an integer >= " + std::to_string(minimum);
  return maximum < std::numeric_limits<std::int64_t>::max() ? from + " and <= " + std::to_string(maximum)
                                                            : from;
}

std::string describe(const Napi::Value& value) {
  if (value.IsArray()) return "an array of " + std::to_string(value.As<Napi::Array>().Length());
  if (value.IsTypedArray()) {
    return "a typed array of " + std::to_string(value.As<Napi::TypedArray>().ByteLength()) + " bytes";
  }
  if (value.IsFunction()) return "a function";
  if (value.IsObject()) return "an object";
  if (value.IsSymbol()) return "a symbol";
  const std::string text = value.ToString().Utf8Value().substr(0, kLongestText);
  return value.IsString() ? '"' + text + '"' : text;
}

std::int64_t readBounded(const Napi::Value& value, const std::string& name, std::int64_t minimum,
                         std::int64_t maximum) {
  const double number = readNumber(value, name);
  if (number != std::floor(number) || std::abs(number) > 0x1p53 || number < static_cast<double>(minimum) ||
      number > static_cast<double>(maximum)) {
    failArgument(value, name, range(minimum, maximum));
  }
  return static_cast<std::int64_t>(number);
}

}  // namespace

void failArgument(const Napi::Value& value, const std::string& name, const std::string& expected) {
  throw Failure{
      "INVALID_ARGUMENT",
      "Invalid value for \"" + name + "\": received " + describe(value) + ", expected " + expected + ".",
      {}}
      .toError(value.Env());
}

Napi::Object readObject(const Napi::Value& value, const std::string& name) {
  if (!value.IsObject()) failArgument(value, name, "an object");
  return value.As<Napi::Object>();
}

Napi::Array readArray(const Napi::Value& value, const std::string& name) {
  if (!value.IsArray()) failArgument(value, name, "an array");
  return value.As<Napi::Array>();
}

std::string readString(const Napi::Value& value, const std::string& name) {
  if (!value.IsString()) failArgument(value, name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

bool readBool(const Napi::Value& value, const std::string& name) {
  if (!value.IsBoolean()) failArgument(value, name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

double readNumber(const Napi::Value& value, const std::string& name) {
  if (!value.IsNumber()) failArgument(value, name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

std::int64_t readInteger(const Napi::Value& value, const std::string& name, std::int64_t minimum) {
  return readBounded(value, name, minimum, std::numeric_limits<std::int64_t>::max());
}

int readInt(const Napi::Value& value, const std::string& name, int minimum) {
  return static_cast<int>(readBounded(value, name, minimum, std::numeric_limits<int>::max()));
}

double readShare(const Napi::Value& value, const std::string& name) {
  const double share = readNumber(value, name);
  if (!(share >= 0 && share <= 1)) failArgument(value, name, "a number from 0 to 1");
  return share;
}

std::vector<std::int64_t> readIntegers(const Napi::Value& value, const std::string& name) {
  const Napi::Array array = readArray(value, name);
  std::vector<std::int64_t> integers;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    integers.push_back(readInteger(array.Get(i), name + "[" + std::to_string(i) + "]"));
  }
  return integers;
}

std::vector<std::uint8_t> readBytes(const Napi::Value& value, const std::string& name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    failArgument(value, name, "a Uint8Array");
  }
  const auto array = value.As<Napi::Uint8Array>();
  // A detached buffer has length 0 and no data.
  if (array.ByteLength() == 0) return {};
  return {array.Data(), array.Data() + array.ByteLength()};
}

Napi::Array stringArray(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array array = Napi::Array::New(env, texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) array.Set(static_cast<std::uint32_t>(i), texts[i]);
  return array;
}

}  // namespace torchwing::binding
