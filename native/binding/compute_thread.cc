#include "binding/compute_thread.h"

#include <map>
#include <mutex>

#include "core/device/threads.h"
#include "core/train/graphed_step.h"

namespace torchwing::binding {
namespace {

// Process-wide, because two loads of the addon in one environment share nothing but their event loop.
std::mutex registry_mutex;
std::map<uv_loop_s*, std::weak_ptr<ComputeThread>> registry;

void listenForExit(Napi::Env env, const std::shared_ptr<ComputeThread>& thread) {
  // The global object of a native module is the main realm's, so this fires inside Jest's sandbox as well.
  Napi::Object process = env.Global().Get("process").As<Napi::Object>();
  const auto listener = Napi::Function::New(
      env, [thread](const Napi::CallbackInfo&) { thread->shutdown(); }, "torchwingExit");
  // Before all others: one of them gives back the folders that this thread may still write to.
  process.Get("prependListener")
      .As<Napi::Function>()
      .Call(process, {Napi::String::New(env, "exit"), listener});
}

}  // namespace

ComputeThread::ComputeThread()
    : executor_(
          [this] {
            applyThreadsHere();
            warnings_.listenHere();
          },
          releaseGraphsHere),
      writer_(yieldToOthersHere) {}

std::shared_ptr<ComputeThread> ComputeThread::of(Napi::Env env) {
  uv_loop_s* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  std::shared_ptr<ComputeThread> thread;
  {
    const std::lock_guard lock(registry_mutex);
    thread = registry[loop].lock();
    if (thread != nullptr) return thread;
    thread = std::shared_ptr<ComputeThread>(new ComputeThread());
    registry[loop] = thread;
  }
  listenForExit(env, thread);
  env.AddCleanupHook([thread, loop] {
    thread->shutdown();
    const std::lock_guard lock(registry_mutex);
    registry.erase(loop);
  });
  return thread;
}

}  // namespace torchwing::binding
