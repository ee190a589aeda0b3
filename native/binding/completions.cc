#include "binding/completions.h"

#include <utility>

namespace torchwing::binding {

Completions::Completions(Napi::Env env) : env_(env) {
  const napi_value name = Napi::String::New(env, "torchwing");
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, name, /*max_queue_size=*/0,
                                      /*initial_thread_count=*/1, nullptr, nullptr, this, onWake, &wake_);
  if (status != napi_ok) throw Napi::Error::New(env, "torchwing could not create its thread-safe function.");
  napi_unref_threadsafe_function(env, wake_);
}

void Completions::begin() {
  if (pending_++ == 0 && !closed_) napi_ref_threadsafe_function(env_, wake_);
}

void Completions::end() {
  if (--pending_ == 0 && !closed_) napi_unref_threadsafe_function(env_, wake_);
}

void Completions::post(Completion completion) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  queue_.push_back(std::move(completion));
  if (wake_outstanding_) return;
  wake_outstanding_ = napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void Completions::onWake(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // the environment ends; close() or the destructor drops the queue
  static_cast<Completions*>(context)->drain(Napi::Env(env));
}

void Completions::drain(Napi::Env env) {
  std::vector<Completion> ready;
  {
    const std::lock_guard lock(mutex_);
    ready.swap(queue_);
    wake_outstanding_ = false;
  }
  for (const Completion& completion : ready) {
    const Napi::HandleScope scope(env);
    try {
      completion(env);
    } catch (const Napi::Error& error) {
      // Settling a promise only fails while a worker is being terminated, and then this call does nothing.
      // What else arrives here was thrown by a listener, and is an uncaught exception like any other.
      if (!error.IsEmpty()) napi_fatal_exception(env, error.Value());
    }
  }
}

void Completions::close() {
  std::vector<Completion> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(queue_);
  }
  napi_release_threadsafe_function(wake_, napi_tsfn_abort);
}

}  // namespace torchwing::binding
