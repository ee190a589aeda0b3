#pragma once

#include <napi.h>

#include <vector>

#include "core/data/transform_spec.h"

namespace torchwing::binding {

/// The Transform objects of lib/data/transforms.ts as values of the core.
std::vector<transform::Spec> readTransforms(const Napi::Value& value);

}  // namespace torchwing::binding
