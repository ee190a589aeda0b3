#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace torchwing {

/// process.on('exit', listener), or off. The global object of a native module is the main realm's, so this
/// works inside Jest's sandbox as well.
inline void callProcess(Napi::Env env, const char* method, Napi::Function listener) {
  const Napi::Object process = env.Global().Get("process").As<Napi::Object>();
  process.Get(method).As<Napi::Function>().Call(process, {Napi::String::New(env, "exit"), listener});
}

/// Work on a thread of its own, answered by a promise. Not on libuv's pool: four name look-ups or reads from
/// a stalled disk fill that, and loading would wait for them.
///
/// The thread is joined on every way out: when it is done, by a cleanup hook when a worker's environment
/// ends, and by a listener of process 'exit', since process.exit() and uncaught errors run no hooks, and a
/// library that is mapped while the process runs its destructors crashes.
template <class Result>
class BackgroundTask {
 public:
  /// Runs on the thread; what it throws becomes the text that `fail` gets.
  using Work = std::function<Result()>;
  using Resolve = std::function<Napi::Value(Napi::Env, const Result&)>;
  using Fail = std::function<Napi::Error(Napi::Env, const std::string&)>;

  /// Asks running work to end soon; called before the thread is joined because Node ends.
  using Cancel = std::function<void()>;

  /// JavaScript thread, as `resolve`, `fail` and `cancel`.
  static Napi::Promise start(Napi::Env env, Work work, Resolve resolve, Fail fail, Cancel cancel = {}) {
    auto* task = new BackgroundTask(env, std::move(work), std::move(resolve), std::move(fail));
    task->cancel_ = std::move(cancel);
    const Napi::Promise promise = task->deferred_.Promise();
    task->begin();
    return promise;
  }

 private:
  BackgroundTask(Napi::Env env, Work work, Resolve resolve, Fail fail)
      : env_(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)),
        resolve_(std::move(resolve)),
        fail_(std::move(fail)) {}

  void begin() {
    const napi_value name = Napi::String::New(env_, "torchwing loader");
    const napi_status status =
        napi_create_threadsafe_function(env_, nullptr, nullptr, name, /*max_queue_size=*/0,
                                        /*initial_thread_count=*/1, this, finalize, this, onDone, &wake_);
    if (status != napi_ok) {
      deferred_.Reject(fail_(env_, "no thread-safe function could be made").Value());
      delete this;
      return;
    }
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::exception& error) {
      deferred_.Reject(fail_(env_, std::string("no thread could be started: ") + error.what()).Value());
      napi_release_threadsafe_function(wake_, napi_tsfn_abort);
      return;
    }
    // Behind the thread-safe function's own hook, so it runs before it: nothing is called on a dead one.
    napi_add_env_cleanup_hook(env_, endThread, this);
    listenForExit();
  }

  /// The task's thread.
  void run() {
    try {
      result_ = work_();
    } catch (const std::exception& error) {
      failure_ = error.what();
    }
    napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  }

  static void joinThread(void* task) {
    auto& thread = static_cast<BackgroundTask*>(task)->thread_;
    if (thread.joinable()) thread.join();
  }

  static void endThread(void* task) {
    const auto& cancel = static_cast<BackgroundTask*>(task)->cancel_;
    if (cancel) cancel();
    joinThread(task);
  }

  static void onDone(napi_env env, napi_value, void* context, void*) {
    if (env == nullptr) return;  // the environment ends, and finalize() comes next
    auto* task = static_cast<BackgroundTask*>(context);
    joinThread(task);
    napi_remove_env_cleanup_hook(env, endThread, task);
    const Napi::HandleScope scope(env);
    try {
      task->forgetExit();
      task->settle();
    } catch (const Napi::Error&) {
      // Settling only fails while a worker is being terminated; throwing from here would end the process.
    }
    napi_release_threadsafe_function(task->wake_, napi_tsfn_release);
  }

  static void finalize(napi_env, void* task, void*) { delete static_cast<BackgroundTask*>(task); }

  void settle() {
    if (result_.has_value()) {
      deferred_.Resolve(resolve_(env_, *result_));
    } else {
      deferred_.Reject(fail_(env_, failure_).Value());
    }
  }

  void listenForExit() {
    const auto listener = Napi::Function::New(
        env_, [this](const Napi::CallbackInfo&) { endThread(this); }, "torchwingLoaderExit");
    exit_listener_ = Napi::Persistent(listener);
    exit_listener_.SuppressDestruct();  // the environment frees its references itself
    callProcess(env_, "on", listener);
  }

  void forgetExit() {
    callProcess(env_, "off", exit_listener_.Value());
    exit_listener_.Reset();
  }

  Napi::Env env_;
  Napi::Promise::Deferred deferred_;
  Work work_;
  Resolve resolve_;
  Fail fail_;
  Cancel cancel_;
  napi_threadsafe_function wake_ = nullptr;
  Napi::FunctionReference exit_listener_;
  std::thread thread_;
  std::optional<Result> result_;
  std::string failure_;
};

}  // namespace torchwing
