#include "binding/micro_batch_listener.h"

#include <utility>

namespace torchwing::binding {

MicroBatchListener::MicroBatchListener(std::shared_ptr<AddonData> data, Napi::Function listener)
    : data_(std::move(data)), listener_(data_->keep(listener)) {}

void MicroBatchListener::report(std::int64_t micro_batch, std::int64_t images) {
  data_->completions().post([data = data_, id = listener_, micro_batch, images](Napi::Env env) {
    data->kept(id).Call({Napi::Number::New(env, static_cast<double>(micro_batch)),
                         Napi::Number::New(env, static_cast<double>(images))});
  });
}

void MicroBatchListener::finish() {
  data_->completions().post([data = data_, id = listener_](Napi::Env) { data->forget(id); });
}

}  // namespace torchwing::binding
