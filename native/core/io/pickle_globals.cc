#include "core/io/pickle_globals.h"

#include <utility>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing::pickle {
namespace {

using c10::ScalarType;

constexpr std::pair<std::string_view, ScalarType> kStorageTypes[] = {
    {"FloatStorage", ScalarType::Float}, {"DoubleStorage", ScalarType::Double},
    {"HalfStorage", ScalarType::Half},   {"BFloat16Storage", ScalarType::BFloat16},
    {"LongStorage", ScalarType::Long},   {"IntStorage", ScalarType::Int},
    {"ByteStorage", ScalarType::Byte},   {"BoolStorage", ScalarType::Bool},
};
constexpr std::string_view kStorageSuffix = "Storage";

struct Known {
  std::string_view module;
  std::string_view name;
  Callable callable;
};
constexpr Known kCallables[] = {
    {"collections", "OrderedDict", Callable::kOrderedDict},
    {"torch._utils", "_rebuild_tensor", Callable::kRebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", Callable::kRebuildTensorV2},
    {"torch._utils", "_rebuild_parameter", Callable::kRebuildParameter},
    {"torch.nn.parameter", "Parameter", Callable::kParameter},
};

/// Packages whose classes are models and their parts: such a pickle is a whole model, not an attack.
constexpr std::string_view kModelPackages[] = {"torch.nn.", "torchvision.", "timm."};

constexpr char kSaveStateDict[] =
    "If it is a whole model that you trust, save its state_dict in Python instead: "
    "torch.save(torch.load(\"model.pth\", weights_only=False).state_dict(), \"weights.pth\")";

}  // namespace

Value resolveGlobal(std::string_view module, std::string_view name) {
  for (const Known& known : kCallables) {
    if (known.module == module && known.name == name) return {known.callable};
  }
  if (module == "torch") {
    for (const auto& [type_name, dtype] : kStorageTypes) {
      if (type_name == name) return {StorageType{dtype}};
    }
  }
  const std::string full = printable(std::string(module) + "." + std::string(name));
  if ((module == "torch" || module == "torch.storage") && name.size() > kStorageSuffix.size() &&
      name.substr(name.size() - kStorageSuffix.size()) == kStorageSuffix) {
    throw Error("WEIGHTS_UNSUPPORTED",
                "it holds tensors in " + full +
                    ", expected float16 to float64, bfloat16, int32, int64, uint8 or bool");
  }
  for (const std::string_view package : kModelPackages) {
    if (module.substr(0, package.size()) == package) {
      throw Error("WEIGHTS_UNSUPPORTED",
                  "it holds a whole pickled model (" + full + "), expected a state_dict", kSaveStateDict);
    }
  }
  throw Error("WEIGHTS_UNSAFE",
              "its pickle names " + full + ", which is not on the closed list of what a state_dict needs",
              kSaveStateDict);
}

std::string storageTypeName(ScalarType dtype) {
  for (const auto& [name, known] : kStorageTypes) {
    if (known == dtype) return std::string(name);
  }
  throw Error("WEIGHTS_UNSUPPORTED",
              std::string("tensors of dtype ") + c10::toString(dtype) + " cannot be stored in a weight file");
}

}  // namespace torchwing::pickle
