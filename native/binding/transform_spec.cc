#include "binding/transform_spec.h"

#include <algorithm>
#include <climits>
#include <optional>
#include <utility>

#include "binding/arguments.h"

namespace torchwing::binding {
namespace {

using namespace transform;

/// One transform object and the name that its fields have in messages.
class Fields {
 public:
  Fields(const Napi::Object& object, std::string name) : object_(object), name_(std::move(name)) {}

  std::string type() const { return readString(object_.Get("type"), nameOf("type")); }
  [[noreturn]] void failType() const {
    failArgument(object_.Get("type"), nameOf("type"), "a known transform");
  }

  double number(const char* key) const { return readNumber(object_.Get(key), nameOf(key)); }
  int integer(const char* key) const { return readInt(object_.Get(key), nameOf(key), 0); }
  bool flag(const char* key) const { return readBool(object_.Get(key), nameOf(key)); }
  bool has(const char* key) const {
    const Napi::Value value = object_.Get(key);
    return !value.IsNull() && !value.IsUndefined();
  }
  bool isNumber(const char* key) const { return object_.Get(key).IsNumber(); }
  bool isText(const char* key) const { return object_.Get(key).IsString(); }

  template <class Number, std::size_t count>
  std::array<Number, count> numbers(const char* key) const {
    const Napi::Array array = readArray(object_.Get(key), nameOf(key));
    if (array.Length() != count) failArgument(array, nameOf(key), std::to_string(count) + " numbers");
    std::array<Number, count> numbers{};
    for (std::uint32_t i = 0; i < count; ++i) {
      numbers[i] = static_cast<Number>(readNumber(array.Get(i), nameOf(key)));
    }
    return numbers;
  }

  template <std::size_t count>
  std::array<int, count> integers(const char* key, int minimum, int maximum = INT_MAX) const {
    const Napi::Array array = readArray(object_.Get(key), nameOf(key));
    if (array.Length() != count) failArgument(array, nameOf(key), std::to_string(count) + " integers");
    std::array<int, count> integers{};
    for (std::uint32_t i = 0; i < count; ++i) {
      integers[i] = readInt(array.Get(i), nameOf(key), minimum);
      if (integers[i] > maximum) {
        failArgument(array.Get(i), nameOf(key), "at most " + std::to_string(maximum));
      }
    }
    return integers;
  }

  /// A number, or [height, width]. Gives {number, 0} for a number.
  std::array<int, 2> size() const {
    if (isNumber("size")) return {readInt(object_.Get("size"), nameOf("size"), 1), 0};
    return integers<2>("size", 1);
  }
  /// The same, where a number means a square.
  std::array<int, 2> squareOrSize() const {
    const auto [height, width] = size();
    return {height, width == 0 ? height : width};
  }

  /// A number for all sides, or [left and right, above and below], or [left, above, right, below].
  Padding padding() const {
    if (isNumber("padding")) {
      const int all = integer("padding");
      return {all, all, all, all};
    }
    const Napi::Array array = readArray(object_.Get("padding"), nameOf("padding"));
    if (array.Length() == 4) return integers<4>("padding", 0);
    const auto [sideways, upright] = integers<2>("padding", 0);
    return {sideways, upright, sideways, upright};
  }
  PaddingMode paddingMode() const {
    return readChoice<PaddingMode>(object_.Get("paddingMode"), nameOf("paddingMode"),
                                   {{"constant", PaddingMode::kConstant},
                                    {"edge", PaddingMode::kEdge},
                                    {"reflect", PaddingMode::kReflect},
                                    {"symmetric", PaddingMode::kSymmetric}});
  }
  Interpolation interpolation() const {
    return readChoice<Interpolation>(
        object_.Get("interpolation"), nameOf("interpolation"),
        {{"nearest", Interpolation::kNearest}, {"bilinear", Interpolation::kBilinear}});
  }
  /// A grey level, or [red, green, blue].
  Color fill() const {
    const auto levels = isNumber("fill")
                            ? std::array<int, 3>{integer("fill"), integer("fill"), integer("fill")}
                            : integers<3>("fill", 0, 255);
    if (levels[0] > 255) failArgument(object_.Get("fill"), nameOf("fill"), "at most 255");
    Color color{};
    for (std::size_t i = 0; i < color.size(); ++i) color[i] = static_cast<std::uint8_t>(levels[i]);
    return color;
  }

 private:
  std::string nameOf(const char* key) const { return name_ + "." + key; }

  Napi::Object object_;
  std::string name_;
};

/// A range around `center`, of which nothing is left when it is the center alone; a number is the distance on
/// both sides, down to `smallest`.
std::optional<Range> readJitter(const Fields& fields, const char* key, double center, double smallest) {
  Range range{};
  if (fields.isNumber(key)) {
    const double distance = fields.number(key);
    range = {std::max(center - distance, smallest), center + distance};
  } else {
    range = fields.numbers<double, 2>(key);
  }
  if (range[0] == center && range[1] == center) return std::nullopt;
  return range;
}

ColorJitter readColorJitter(const Fields& fields) {
  return {{readJitter(fields, "brightness", 1, 0), readJitter(fields, "contrast", 1, 0),
           readJitter(fields, "saturation", 1, 0), readJitter(fields, "hue", 0, -1)}};
}

RandomRotation readRandomRotation(const Fields& fields) {
  RandomRotation rotation;
  if (fields.isNumber("degrees")) {
    rotation.degrees = {-fields.number("degrees"), fields.number("degrees")};
  } else {
    rotation.degrees = fields.numbers<double, 2>("degrees");
  }
  rotation.interpolation = fields.interpolation();
  rotation.expand = fields.flag("expand");
  if (fields.has("center")) rotation.center = fields.numbers<double, 2>("center");
  rotation.fill = fields.fill();
  return rotation;
}

RandomErasing readRandomErasing(const Fields& fields) {
  RandomErasing erasing{fields.number("p"), fields.numbers<double, 2>("scale"),
                        fields.numbers<double, 2>("ratio"), std::nullopt};
  if (fields.isNumber("value")) {
    const auto value = static_cast<float>(fields.number("value"));
    erasing.value = {value, value, value};
  } else if (!fields.isText("value")) {
    erasing.value = fields.numbers<float, 3>("value");
  }
  return erasing;
}

Spec readSizedTransform(const std::string& type, const Fields& fields) {
  const auto [height, width] = fields.squareOrSize();
  if (type == "centerCrop") return CenterCrop{height, width};
  if (type == "randomCrop") {
    return RandomCrop{height,
                      width,
                      fields.has("padding") ? fields.padding() : Padding{},
                      fields.flag("padIfNeeded"),
                      fields.paddingMode(),
                      fields.fill()};
  }
  return RandomResizedCrop{height, width, fields.numbers<double, 2>("scale"),
                           fields.numbers<double, 2>("ratio")};
}

Spec readTransform(const Fields& fields) {
  const std::string type = fields.type();
  if (type == "resize") {
    const auto [height, width] = fields.size();
    return Resize{height, width, fields.has("maxSize") ? fields.integer("maxSize") : 0};
  }
  if (type == "centerCrop" || type == "randomCrop" || type == "randomResizedCrop") {
    return readSizedTransform(type, fields);
  }
  if (type == "pad") return Pad{fields.padding(), fields.paddingMode(), fields.fill()};
  if (type == "randomHorizontalFlip") return RandomHorizontalFlip{fields.number("p")};
  if (type == "randomVerticalFlip") return RandomVerticalFlip{fields.number("p")};
  if (type == "colorJitter") return readColorJitter(fields);
  if (type == "randomRotation") return readRandomRotation(fields);
  if (type == "grayscale") return Grayscale{};
  if (type == "randomGrayscale") return RandomGrayscale{fields.number("p")};
  if (type == "randAugment") {
    return RandAugment{fields.integer("numOps"), fields.integer("magnitude"),
                       fields.integer("numMagnitudeBins"), fields.interpolation(), fields.fill()};
  }
  if (type == "trivialAugmentWide") {
    return TrivialAugmentWide{fields.integer("numMagnitudeBins"), fields.interpolation(), fields.fill()};
  }
  if (type == "toTensor") return ToTensor{};
  if (type == "normalize")
    return Normalize{fields.numbers<float, 3>("mean"), fields.numbers<float, 3>("std")};
  if (type == "randomErasing") return readRandomErasing(fields);
  fields.failType();
}

}  // namespace

std::vector<Spec> readTransforms(const Napi::Value& value) {
  const Napi::Array array = readArray(value, "transforms");
  std::vector<Spec> transforms;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const std::string name = "transforms[" + std::to_string(i) + "]";
    transforms.push_back(readTransform(Fields(readObject(array.Get(i), name), name)));
  }
  return transforms;
}

}  // namespace torchwing::binding
