#include "binding/failure.h"

#include <c10/util/Exception.h>

#include "core/device/device_failure.h"
#include "core/device/memory_failure.h"
#include "core/error.h"
#include "core/first_line.h"
#include "core/out_of_memory.h"

namespace torchwing::binding {
namespace {

Napi::Value orNull(Napi::Env env, const std::optional<std::int64_t>& number) {
  if (!number) return env.Null();
  return Napi::Number::New(env, static_cast<double>(*number));
}

/// MemoryDetails of lib/native/types.ts.
Napi::Object detailsObject(Napi::Env env, const MemoryShortage& shortage) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("device", shortage.device);
  object.Set("asked", orNull(env, shortage.asked));
  object.Set("free", orNull(env, shortage.free));
  object.Set("total", orNull(env, shortage.total));
  object.Set("batchSize", orNull(env, shortage.batch_size));
  object.Set("microBatch", orNull(env, shortage.micro_batch));
  return object;
}

}  // namespace

Failure describeException(const std::exception_ptr& exception) {
  if (const auto found = memoryFailure(exception)) {
    return {"OUT_OF_MEMORY", "Memory ran out: " + found->reason + ".",
            "Lower the batch size or the image size.", found->shortage};
  }
  if (const auto failure = deviceFailure(exception)) {
    return {"DEVICE_FAILED", "The device failed: " + failure->reason + ".", failure->hint};
  }
  try {
    std::rethrow_exception(exception);
  } catch (const OutOfMemory& error) {
    return {error.code(), error.what(), error.hint(), error.shortage()};
  } catch (const Error& error) {
    return {error.code(), error.what(), error.hint()};
  } catch (const c10::Error& error) {
    return {"NATIVE", "LibTorch failed: " + firstLine(error.what_without_backtrace()), {}};
  } catch (const std::exception& error) {
    return {"NATIVE", firstLine(error.what()), {}};
  } catch (...) {
    return {"NATIVE", "An unknown C++ exception was thrown.", {}};
  }
}

Napi::Error Failure::toError(Napi::Env env) const {
  Napi::Error error = Napi::Error::New(env, message);
  error.Value().Set("code", code);
  error.Value().Set("hint", hint);
  if (shortage) error.Value().Set("details", detailsObject(env, *shortage));
  return error;
}

}  // namespace torchwing::binding
