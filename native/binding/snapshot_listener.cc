#include "binding/snapshot_listener.h"

#include "binding/phase_position.h"
#include "binding/state_dict.h"

namespace torchwing::binding {

SnapshotListener::SnapshotListener(std::shared_ptr<AddonData> data, Napi::Function listener)
    : data_(std::move(data)), listener_(data_->keep(listener)) {}

void SnapshotListener::report(const PhasePosition& position, StateDict state) {
  const auto shared = std::make_shared<StateDict>(std::move(state));
  data_->completions().post([data = data_, id = listener_, position, shared](Napi::Env env) {
    data->kept(id).Call(
        {positionObject(env, position), StateDictHandle::fromTensors(env, std::move(*shared))});
  });
}

void SnapshotListener::finish() {
  data_->completions().post([data = data_, id = listener_](Napi::Env) { data->forget(id); });
}

}  // namespace torchwing::binding
