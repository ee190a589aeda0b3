#include "binding/failure.h"

#include <c10/util/Exception.h>

#include <new>

#include "core/error.h"

namespace torchwing::binding {
namespace {

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Failure outOfMemory(const std::string& reason) {
  return {"OUT_OF_MEMORY", "LibTorch ran out of memory: " + reason,
          "Lower the batch size or the image size."};
}

Failure describeLibTorch(const c10::Error& error) {
  const std::string message = firstLine(error.what_without_backtrace());
  const bool memory = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
                      message.find("can't allocate memory") != std::string::npos;
  if (memory) return outOfMemory(message);
  return {"NATIVE", "LibTorch failed: " + message, {}};
}

}  // namespace

Failure describeException(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return {error.code(), error.what(), error.hint()};
  } catch (const c10::Error& error) {
    return describeLibTorch(error);
  } catch (const std::bad_alloc&) {
    return outOfMemory("an allocation failed");
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
