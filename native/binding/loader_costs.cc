#include "binding/loader_costs.h"

namespace torchwing::binding {

Napi::Object costsObject(Napi::Env env, const LoaderCosts& costs) {
  Napi::Array skipped = Napi::Array::New(env, costs.skipped.size());
  for (std::size_t i = 0; i < costs.skipped.size(); ++i) {
    skipped.Set(static_cast<std::uint32_t>(i), Napi::Number::New(env, static_cast<double>(costs.skipped[i])));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("read", costs.read);
  object.Set("decode", costs.decode);
  object.Set("resize", costs.resize);
  object.Set("otherTransforms", costs.other_transforms);
  object.Set("images", static_cast<double>(costs.images));
  object.Set("cacheHits", static_cast<double>(costs.cache_hits));
  object.Set("cacheBytes", static_cast<double>(costs.cache_bytes));
  object.Set("skipped", skipped);
  return object;
}

}  // namespace torchwing::binding
