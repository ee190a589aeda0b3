#include "binding/arguments.h"

#include "binding/failure.h"

namespace torchwing::binding {

void failArgument(Napi::Env env, const std::string& name, const std::string& expected) {
  throw Failure{"INVALID_ARGUMENT", "Invalid value for \"" + name + "\": expected " + expected + ".", {}}
      .toError(env);
}

Napi::Object readObject(const Napi::Value& value, const std::string& name) {
  if (!value.IsObject()) failArgument(value.Env(), name, "an object");
  return value.As<Napi::Object>();
}

Napi::Array readArray(const Napi::Value& value, const std::string& name) {
  if (!value.IsArray()) failArgument(value.Env(), name, "an array");
  return value.As<Napi::Array>();
}

std::string readString(const Napi::Value& value, const std::string& name) {
  if (!value.IsString()) failArgument(value.Env(), name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

bool readBool(const Napi::Value& value, const std::string& name) {
  if (!value.IsBoolean()) failArgument(value.Env(), name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

double readNumber(const Napi::Value& value, const std::string& name) {
  if (!value.IsNumber()) failArgument(value.Env(), name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

std::int64_t readInteger(const Napi::Value& value, const std::string& name, std::int64_t minimum) {
  const double number = readNumber(value, name);
  if (number != std::floor(number) || std::abs(number) > 0x1p53 || number < static_cast<double>(minimum)) {
    failArgument(value.Env(), name, "an integer >= " + std::to_string(minimum));
  }
  return static_cast<std::int64_t>(number);
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
    failArgument(value.Env(), name, "a Uint8Array");
  }
  const auto array = value.As<Napi::Uint8Array>();
  // A detached buffer has length 0 and no data.
  if (array.ByteLength() == 0) return {};
  return {array.Data(), array.Data() + array.ByteLength()};
}

}  // namespace torchwing::binding
