#include "binding/failure.h"

#include <c10/util/Exception.h>

#include "core/device/memory_failure.h"
#include "core/error.h"

namespace torchwing::binding {
namespace {

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

Failure describeException(const std::exception_ptr& exception) {
  if (const auto reason = memoryFailure(exception)) {
    return {"OUT_OF_MEMORY", "Memory ran out: " + *reason + ".", "Lower the batch size or the image size."};
  }
  try {
    std::rethrow_exception(exception);
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
  return error;
}

}  // namespace torchwing::binding
