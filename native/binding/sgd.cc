#include "binding/sgd.h"

#include <algorithm>

#include "binding/resnet.h"
#include "binding/state_dict.h"
#include "core/error.h"

namespace torchwing::binding {
namespace {

SgdOptions readOptions(const Napi::Value& value) {
  const Napi::Object object = readObject(value, "options");
  SgdOptions options;
  options.lr = readNumber(object.Get("lr"), "lr");
  options.momentum = readNumber(object.Get("momentum"), "momentum");
  options.dampening = readNumber(object.Get("dampening"), "dampening");
  options.weight_decay = readNumber(object.Get("weightDecay"), "weightDecay");
  options.nesterov = readBool(object.Get("nesterov"), "nesterov");
  return options;
}

StateDict namedBuffers(const ModelOptimizer& optimizer) {
  const std::vector<at::Tensor> buffers = optimizer.sgd.momentumBuffers();
  StateDict named;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].defined()) named.push_back({optimizer.names[i], buffers[i].to(at::kCPU)});
  }
  return named;
}

void loadBuffers(ModelOptimizer& optimizer, const StateDict& state) {
  std::vector<at::Tensor> buffers(optimizer.names.size());
  for (const NamedTensor& entry : state) {
    const auto name = std::find(optimizer.names.begin(), optimizer.names.end(), entry.name);
    if (name == optimizer.names.end()) {
      throw Error("WEIGHTS_MISMATCH", "The optimizer state holds a buffer for \"" + entry.name +
                                          "\", which is not a trained parameter.");
    }
    buffers[static_cast<std::size_t>(name - optimizer.names.begin())] = entry.tensor;
  }
  optimizer.sgd.setMomentumBuffers(buffers);
}

}  // namespace

ModelOptimizer::ModelOptimizer(std::shared_ptr<LeasableModel> trained, const SgdOptions& options)
    : model(std::move(trained)), sgd(model->net().parameters(), options), lr(options.lr) {
  for (const NamedTensor& parameter : model->net().namedParameters()) names.push_back(parameter.name);
}

const napi_type_tag SgdHandle::kTag = {0x2c84e7d1569f4ab3, 0x91be5a07d3c84f62};

void SgdHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&SgdHandle::create>("create"),
                         InstanceAccessor<&SgdHandle::lr, &SgdHandle::setLr>("lr"),
                         InstanceMethod<&SgdHandle::step>("step"),
                         InstanceMethod<&SgdHandle::zeroGrad>("zeroGrad"),
                         InstanceMethod<&SgdHandle::state>("state"),
                         InstanceMethod<&SgdHandle::loadState>("loadState"),
                         disposeMethod(),
                     }));
}

Napi::Value SgdHandle::create(const Napi::CallbackInfo& info) {
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [model = ResNetHandle::unwrap(info[0], "model").core(), options = readOptions(info[1])] {
            return std::make_shared<ModelOptimizer>(model, options);
          },
          wrap);
}

Napi::Value SgdHandle::lr(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), core()->lr.load());
}

void SgdHandle::setLr(const Napi::CallbackInfo&, const Napi::Value& value) {
  core()->lr.store(readNumber(value, "lr"));
}

Napi::Value SgdHandle::step(const Napi::CallbackInfo& info) {
  // The rate is read now: a later change in JavaScript belongs to a later step.
  return data().compute(info.Env(), [optimizer = core(), lr = core()->lr.load()] {
    optimizer->model->change("step()", [&](ResNet& net) {
      optimizer->sgd.setLr(lr);
      optimizer->sgd.step();
      net.weightsChanged();
    });
  });
}

Napi::Value SgdHandle::zeroGrad(const Napi::CallbackInfo& info) {
  return data().compute(info.Env(), [optimizer = core()] {
    optimizer->model->change("zeroGrad()", [&](ResNet&) { optimizer->sgd.zeroGrad(); });
  });
}

Napi::Value SgdHandle::state(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(), [optimizer = core()] { return namedBuffers(*optimizer); }, StateDictHandle::fromTensors);
}

Napi::Value SgdHandle::loadState(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(), [optimizer = core(), state = StateDictHandle::unwrap(info[0], "state").core()] {
        optimizer->model->change("loadState()", [&](ResNet&) { loadBuffers(*optimizer, state->tensors); });
      });
}

}  // namespace torchwing::binding
