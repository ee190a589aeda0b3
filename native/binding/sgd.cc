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

/// One parameter group as Python's state_dict() has it, in camelCase.
Napi::Object groupObject(Napi::Env env, const SgdOptions& options, std::size_t parameters) {
  Napi::Array numbers = Napi::Array::New(env, parameters);
  for (std::uint32_t i = 0; i < parameters; ++i) numbers.Set(i, i);
  Napi::Object group = Napi::Object::New(env);
  group.Set("lr", options.lr);
  group.Set("momentum", options.momentum);
  group.Set("dampening", options.dampening);
  group.Set("weightDecay", options.weight_decay);
  group.Set("nesterov", options.nesterov);
  group.Set("params", numbers);
  return group;
}

/// The buffers in the order of `parameters`, whose numbers name them in `state`.
std::vector<at::Tensor> buffersInOrder(const StateDict& state, const std::vector<std::int64_t>& parameters) {
  std::vector<at::Tensor> buffers(parameters.size());
  for (const NamedTensor& entry : state) {
    const auto number = std::find_if(parameters.begin(), parameters.end(), [&](std::int64_t parameter) {
      return std::to_string(parameter) == entry.name;
    });
    if (number == parameters.end()) {
      throw Error("WEIGHTS_MISMATCH",
                  "The optimizer state holds a buffer \"" + entry.name + "\", which is not in params.");
    }
    buffers[static_cast<std::size_t>(number - parameters.begin())] = entry.tensor;
  }
  return buffers;
}

}  // namespace

StateDict momentumByName(const ModelOptimizer& optimizer) {
  const std::vector<at::Tensor> buffers = optimizer.sgd.momentumBuffers();
  StateDict named;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].defined()) named.push_back({optimizer.names[i], buffers[i]});
  }
  return named;
}

void loadMomentum(ModelOptimizer& optimizer, const StateDict& state) {
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

void ModelOptimizer::load(const SgdState& state) {
  sgd.load(state);
  lr.store(state.options.lr);
}

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
                         InstanceMethod<&SgdHandle::stateDict>("stateDict"),
                         InstanceMethod<&SgdHandle::loadStateDict>("loadStateDict"),
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

Napi::Value SgdHandle::stateDict(const Napi::CallbackInfo& info) {
  return data().compute(
      info.Env(),
      [optimizer = core(), lr = core()->lr.load()] {
        SgdState state = optimizer->sgd.state();
        state.options.lr = lr;
        return state;
      },
      [](Napi::Env env, const SgdState& state) {
        StateDict buffers;
        for (std::size_t i = 0; i < state.momentum_buffers.size(); ++i) {
          const at::Tensor& buffer = state.momentum_buffers[i];
          if (buffer.defined()) buffers.push_back({std::to_string(i), buffer});
        }
        Napi::Object object = Napi::Object::New(env);
        object.Set("state", StateDictHandle::fromTensors(env, std::move(buffers)));
        object.Set("paramGroup", groupObject(env, state.options, state.momentum_buffers.size()));
        return object;
      });
}

Napi::Value SgdHandle::loadStateDict(const Napi::CallbackInfo& info) {
  const Napi::Object group = readObject(info[1], "paramGroup");
  return data().compute(
      info.Env(), [optimizer = core(), state = StateDictHandle::unwrap(info[0], "state").core(),
                   options = readOptions(group), parameters = readIntegers(group.Get("params"), "params")] {
        optimizer->model->change("loadStateDict()", [&](ResNet&) {
          optimizer->load({options, buffersInOrder(state->tensors, parameters)});
        });
      });
}

}  // namespace torchwing::binding
