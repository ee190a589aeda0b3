#pragma once

#include <mutex>
#include <string>

#include "core/model/resnet.h"

namespace torchwing::binding {

/// A model, whether a running phase has it, and what JavaScript may read of it without waiting.
class LeasableModel {
 public:
  struct Properties {
    std::string arch;
    std::int64_t classes;
    Layout layout;
    std::string device;
    bool training;
  };

  explicit LeasableModel(const ResNetOptions& options);

  /// Compute thread, as all but properties(). Unlike change(), allowed while the model is leased.
  ResNet& net() noexcept { return net_; }

  /// Runs `work` on the model. Throws Error MODEL_BUSY, naming `call`, while the model is leased.
  template <class Work>
  void change(const char* call, const Work& work) {
    requireFree(call);
    work(net_);
    publish();
  }

  void requireFree(const char* call) const;

  /// The model as it was after the last change. Any thread.
  Properties properties() const;

  /// Holds the model for a running phase.
  class Lease {
   public:
    explicit Lease(LeasableModel& model);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    LeasableModel& model_;
  };

 private:
  void publish();

  ResNet net_;
  bool leased_ = false;
  mutable std::mutex mutex_;
  Properties properties_;
};

}  // namespace torchwing::binding
