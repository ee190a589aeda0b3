#include "binding/transform_spec.h"

#include "binding/arguments.h"

namespace torchwing::binding {
namespace {

using namespace transform;

/// A number, or [height, width]. Gives {number, 0} for a number.
std::pair<int, int> readSize(const Napi::Object& object, const std::string& name) {
  const Napi::Value size = object.Get("size");
  if (size.IsNumber()) return {readInt(size, name + ".size", 1), 0};
  const Napi::Array pair = readArray(size, name + ".size");
  if (pair.Length() != 2) failArgument(size, name + ".size", "a number or [height, width]");
  return {readInt(pair.Get(0U), name + ".size[0]", 1), readInt(pair.Get(1U), name + ".size[1]", 1)};
}

/// The same, where a number means a square.
std::pair<int, int> readSquareOrSize(const Napi::Object& object, const std::string& name) {
  const auto [height, width] = readSize(object, name);
  return {height, width == 0 ? height : width};
}

template <class Number, std::size_t count>
std::array<Number, count> readNumbers(const Napi::Object& object, const char* key, const std::string& name) {
  const Napi::Array array = readArray(object.Get(key), name + "." + key);
  if (array.Length() != count) failArgument(array, name + "." + key, std::to_string(count) + " numbers");
  std::array<Number, count> numbers{};
  for (std::uint32_t i = 0; i < count; ++i) {
    numbers[i] = static_cast<Number>(readNumber(array.Get(i), name + "." + key));
  }
  return numbers;
}

Spec readTransform(const Napi::Object& object, const std::string& name) {
  const std::string type = readString(object.Get("type"), name + ".type");
  if (type == "resize") {
    const auto [height, width] = readSize(object, name);
    return Resize{height, width};
  }
  if (type == "centerCrop") {
    const auto [height, width] = readSquareOrSize(object, name);
    return CenterCrop{height, width};
  }
  if (type == "randomResizedCrop") {
    const auto [height, width] = readSquareOrSize(object, name);
    return RandomResizedCrop{height, width, readNumbers<double, 2>(object, "scale", name),
                             readNumbers<double, 2>(object, "ratio", name)};
  }
  if (type == "randomHorizontalFlip") return RandomHorizontalFlip{readNumber(object.Get("p"), name + ".p")};
  if (type == "toTensor") return ToTensor{};
  if (type == "normalize") {
    return Normalize{readNumbers<float, 3>(object, "mean", name), readNumbers<float, 3>(object, "std", name)};
  }
  failArgument(object.Get("type"), name + ".type", "a known transform");
}

}  // namespace

std::vector<Spec> readTransforms(const Napi::Value& value) {
  const Napi::Array array = readArray(value, "transforms");
  std::vector<Spec> transforms;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const std::string name = "transforms[" + std::to_string(i) + "]";
    transforms.push_back(readTransform(readObject(array.Get(i), name), name));
  }
  return transforms;
}

}  // namespace torchwing::binding
