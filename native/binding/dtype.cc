#include "binding/dtype.h"

#include <utility>

#include "binding/arguments.h"

namespace torchwing::binding {
namespace {

constexpr std::pair<const char*, c10::ScalarType> kNames[] = {
    {"float32", c10::kFloat},     {"float64", c10::kDouble}, {"float16", c10::kHalf},
    {"bfloat16", c10::kBFloat16}, {"int64", c10::kLong},     {"int32", c10::kInt},
    {"uint8", c10::kByte},        {"bool", c10::kBool},
};

}  // namespace

const char* dtypeName(c10::ScalarType dtype) {
  for (const auto& [name, type] : kNames) {
    if (type == dtype) return name;
  }
  return c10::toString(dtype);
}

c10::ScalarType readDtype(const Napi::Value& value, const std::string& name) {
  const std::string text = readString(value, name);
  for (const auto& [known, type] : kNames) {
    if (text == known) return type;
  }
  failArgument(value, name, "a dtype such as float32");
}

}  // namespace torchwing::binding
