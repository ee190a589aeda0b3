#include "binding/leasable_model.h"

#include "core/error.h"

namespace torchwing::binding {

LeasableModel::LeasableModel(const ResNetOptions& options) : net_(options) {
  publish();
}

void LeasableModel::requireFree(const char* call) const {
  if (!leased_) return;
  throw Error("MODEL_BUSY", std::string(call) + " would change a model that a TrainingSession is training.",
              "Wait for runEpoch(), or use another model.");
}

LeasableModel::Properties LeasableModel::properties() const {
  const std::lock_guard lock(mutex_);
  return properties_;
}

void LeasableModel::publish() {
  const std::lock_guard lock(mutex_);
  properties_ = {net_.arch(), net_.classes(), net_.layout(), net_.device().str(), net_.training()};
}

LeasableModel::Lease::Lease(LeasableModel& model) : model_(model) {
  model.requireFree("runEpoch()");
  model.leased_ = true;
}

LeasableModel::Lease::~Lease() {
  model_.leased_ = false;
  model_.publish();
}

}  // namespace torchwing::binding
