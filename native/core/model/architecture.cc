#include "core/model/architecture.h"

#include "core/error.h"

namespace torchwing {
namespace {

constexpr std::array kArchitectures{
    Architecture{"resnet18", false, {2, 2, 2, 2}},  Architecture{"resnet34", false, {3, 4, 6, 3}},
    Architecture{"resnet50", true, {3, 4, 6, 3}},   Architecture{"resnet101", true, {3, 4, 23, 3}},
    Architecture{"resnet152", true, {3, 8, 36, 3}},
};

}  // namespace

const Architecture& findArchitecture(const std::string& name) {
  std::string known;
  for (const Architecture& architecture : kArchitectures) {
    if (name == architecture.name) return architecture;
    known += (known.empty() ? "" : ", ") + std::string(architecture.name);
  }
  throw Error("INVALID_CONFIG",
              "Invalid value for \"model.arch\": received \"" + name + "\", expected one of " + known + ".");
}

}  // namespace torchwing
