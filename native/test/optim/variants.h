#pragma once

#include <map>
#include <string>

#include "core/optim/sgd.h"

namespace torchwing::test {

/// SGD_VARIANTS of scripts/golden/model.py.
inline std::map<std::string, SgdOptions> sgdVariants(double lr) {
  return {
      {"plain", {.lr = lr}},
      {"momentum", {.lr = lr, .momentum = 0.9}},
      {"weight decay", {.lr = lr, .momentum = 0.9, .weight_decay = 0.01}},
      {"nesterov", {.lr = lr, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}},
      {"dampening", {.lr = lr, .momentum = 0.9, .dampening = 0.25}},
  };
}

}  // namespace torchwing::test
