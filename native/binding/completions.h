#pragma once

#include <napi.h>

#include <functional>
#include <mutex>
#include <vector>

namespace torchwing::binding {

/// Brings finished work back to the JavaScript thread. The queue is ours; the thread-safe function only wakes
/// the event loop, with at most one wake-up outstanding, so nothing is ever dropped or blocked by it. It
/// keeps the event loop alive while work is pending, and only then.
class Completions {
 public:
  using Completion = std::function<void(Napi::Env)>;

  /// JavaScript thread, as all members but post().
  explicit Completions(Napi::Env env);
  Completions(const Completions&) = delete;
  Completions& operator=(const Completions&) = delete;

  /// Counts work whose completion will be posted.
  void begin();
  void end();
  /// Any thread. After close() the completion is dropped.
  void post(Completion completion);
  /// The environment ends: from here on the thread-safe function is not touched again.
  void close();

 private:
  static void onWake(napi_env env, napi_value callback, void* context, void* data);
  void drain(Napi::Env env);

  napi_env env_;
  napi_threadsafe_function wake_ = nullptr;
  int pending_ = 0;
  std::mutex mutex_;
  std::vector<Completion> queue_;
  bool wake_outstanding_ = false;
  bool closed_ = false;
};

}  // namespace torchwing::binding
