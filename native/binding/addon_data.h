#pragma once

#include <napi.h>

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "binding/completions.h"
#include "binding/compute_thread.h"
#include "binding/failure.h"

namespace torchwing::binding {

/// The state of one load of the addon: instance data, never a static.
class AddonData : public std::enable_shared_from_this<AddonData> {
 public:
  static void attach(Napi::Env env);
  static std::shared_ptr<AddonData> of(Napi::Env env);

  explicit AddonData(Napi::Env env);

  Executor& executor() noexcept { return thread_->executor(); }
  const std::shared_ptr<ComputeThread>& sharedThread() const noexcept { return thread_; }
  Completions& completions() noexcept { return completions_; }

  void setConstructor(const std::string& name, Napi::Function constructor);
  Napi::Function constructor(const std::string& name) const;

  /// Keeps a JavaScript function until forget(). JavaScript thread, as kept() and forget().
  int keep(Napi::Function function);
  Napi::Function kept(int id) const { return kept_.at(id).Value(); }
  void forget(int id) { kept_.erase(id); }

  /// Runs `work` on the compute thread and settles the returned promise with `toValue(env, result)`, or
  /// rejects it with the failure. `work` is destroyed on the compute thread.
  template <class Work, class ToValue>
  Napi::Promise compute(Napi::Env env, Executor::Lane lane, Work work, ToValue toValue);

  /// The same for a result that comes later: `start(answer)` begins on the compute thread and sees to it that
  /// `answer(result, exception)` is called once, on the compute thread too.
  template <class Result, class Start, class ToValue>
  Napi::Promise computeLater(Napi::Env env, Executor::Lane lane, Start start, ToValue toValue) {
    return runLater<Result>(env, executor(), lane, std::move(start), std::move(toValue));
  }

  /// Runs `work` on the writer thread, beside whatever is computed, and settles the promise when it is done.
  template <class Work>
  Napi::Promise write(Napi::Env env, Work work);

  /// compute() on the short lane.
  template <class Work, class ToValue>
  Napi::Promise compute(Napi::Env env, Work work, ToValue toValue) {
    return compute(env, Executor::Lane::kShort, std::move(work), std::move(toValue));
  }

  /// The same for work without a result.
  template <class Work>
  Napi::Promise compute(Napi::Env env, Work work) {
    return compute(
        env,
        [work = std::move(work)]() mutable {
          work();
          return true;
        },
        [](Napi::Env e, bool) { return e.Undefined(); });
  }

  /// Lets go of something that owns LibTorch objects, on the compute thread.
  template <class Owner>
  void release(std::shared_ptr<Owner> owner) {
    executor().post(Executor::Lane::kShort, [owner = std::move(owner)]() mutable { owner.reset(); });
  }

 private:
  template <class Result, class Start, class ToValue>
  Napi::Promise runLater(Napi::Env env, Executor& executor, Executor::Lane lane, Start start,
                         ToValue toValue);

  std::shared_ptr<ComputeThread> thread_;
  Completions completions_;
  std::map<std::string, Napi::FunctionReference> constructors_;
  std::map<int, Napi::FunctionReference> kept_;
  int next_kept_ = 0;
};

template <class Result, class Start, class ToValue>
Napi::Promise AddonData::runLater(Napi::Env env, Executor& executor, Executor::Lane lane, Start start,
                                  ToValue toValue) {
  const auto deferred = Napi::Promise::Deferred::New(env);
  auto answer = [self = shared_from_this(), deferred, toValue = std::move(toValue)](
                    std::optional<Result> result, const std::exception_ptr& exception) {
    struct Outcome {
      std::optional<Result> result;
      std::optional<Failure> failure;
    };
    auto outcome = std::make_shared<Outcome>();
    outcome->result = std::move(result);
    if (exception != nullptr) outcome->failure = describeException(exception);
    self->completions_.post([self, deferred, toValue, outcome](Napi::Env e) {
      self->completions_.end();
      if (outcome->failure) return deferred.Reject(outcome->failure->toError(e).Value());
      try {
        deferred.Resolve(toValue(e, std::move(*outcome->result)));
      } catch (const Napi::Error& error) {
        deferred.Reject(error.Value());
      } catch (...) {
        deferred.Reject(describeException(std::current_exception()).toError(e).Value());
      }
    });
  };
  auto job = [start = std::make_shared<Start>(std::move(start)), answer]() mutable {
    try {
      (*start)(answer);
    } catch (...) {
      answer(std::nullopt, std::current_exception());
    }
    start.reset();
  };
  completions_.begin();
  if (!executor.post(lane, std::move(job))) {
    completions_.end();
    deferred.Reject(Failure{"DISPOSED", "This Node environment is ending.", {}}.toError(env).Value());
  }
  return deferred.Promise();
}

template <class Work>
Napi::Promise AddonData::write(Napi::Env env, Work work) {
  return runLater<bool>(
      env, thread_->writer(), Executor::Lane::kShort,
      [work = std::move(work)](const auto& answer) mutable {
        work();
        answer(std::optional<bool>(true), nullptr);
      },
      [](Napi::Env e, bool) { return e.Undefined(); });
}

template <class Work, class ToValue>
Napi::Promise AddonData::compute(Napi::Env env, Executor::Lane lane, Work work, ToValue toValue) {
  using Result = decltype(work());
  return computeLater<Result>(
      env, lane,
      [work = std::move(work)](const auto& answer) mutable {
        answer(std::optional<Result>(work()), nullptr);
      },
      std::move(toValue));
}

}  // namespace torchwing::binding
