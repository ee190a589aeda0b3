#include "binding/tensor.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sum.h>

#include <cstring>
#include <iomanip>
#include <sstream>

#include "binding/dtype.h"
#include "core/device/device_choice.h"
#include "core/error.h"

namespace torchwing::binding {
namespace {

std::int64_t byteCount(const at::Tensor& tensor) {
  return tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
}

/// Bytes of a tensor of this shape; as a double, since a wrong shape may ask for more than an integer holds.
double byteCount(const std::vector<std::int64_t>& shape, at::ScalarType dtype) {
  auto bytes = static_cast<double>(c10::elementSize(dtype));
  for (const std::int64_t size : shape) bytes *= static_cast<double>(size);
  return bytes;
}

at::Tensor tensorFromBytes(const std::vector<std::uint8_t>& bytes, const std::vector<std::int64_t>& shape,
                           at::ScalarType dtype, const std::string& device) {
  const double expected = byteCount(shape, dtype);
  if (expected != static_cast<double>(bytes.size())) {
    std::ostringstream text;
    text << "Invalid value for \"data\": received " << bytes.size() << " bytes, expected "
         << std::setprecision(17) << expected << " for its shape and dtype.";
    throw Error("INVALID_ARGUMENT", text.str());
  }
  at::Tensor tensor = at::empty(shape, dtype);
  if (!bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  return tensor.to(chooseDevice(device));
}

}  // namespace

const napi_type_tag TensorHandle::kTag = {0x5d1a3f6c8e0b4271, 0x9c2e7f105b3d6a84};

void TensorHandle::init(Napi::Env env, Napi::Object exports) {
  define(env, exports,
         DefineClass(env, kName,
                     {
                         StaticMethod<&TensorHandle::from>("from"),
                         InstanceAccessor<&TensorHandle::shape>("shape"),
                         InstanceAccessor<&TensorHandle::dtype>("dtype"),
                         InstanceAccessor<&TensorHandle::device>("device"),
                         InstanceMethod<&TensorHandle::to>("to"),
                         InstanceMethod<&TensorHandle::argmax>("argmax"),
                         InstanceMethod<&TensorHandle::softmax>("softmax"),
                         InstanceMethod<&TensorHandle::eq>("eq"),
                         InstanceMethod<&TensorHandle::sum>("sum"),
                         InstanceMethod<&TensorHandle::backward>("backward"),
                         InstanceMethod<&TensorHandle::item>("item"),
                         InstanceMethod<&TensorHandle::data>("data"),
                         disposeMethod(),
                     }));
}

TensorHandle::TensorHandle(const Napi::CallbackInfo& info) : Handle(info) {
  accountMemory(byteCount(*core()));
}

Napi::Value TensorHandle::fromTensor(Napi::Env env, at::Tensor tensor) {
  return wrap(env, std::make_shared<at::Tensor>(std::move(tensor)));
}

Napi::Value TensorHandle::from(const Napi::CallbackInfo& info) {
  auto shape = readIntegers(info[1], "shape");
  for (const std::int64_t size : shape) {
    if (size < 0) failArgument(info[1], "shape", "integers >= 0");
  }
  return AddonData::of(info.Env())
      ->compute(
          info.Env(),
          [bytes = readBytes(info[0], "data"), shape = std::move(shape), dtype = readDtype(info[2], "dtype"),
           device = readString(info[3], "device")] { return tensorFromBytes(bytes, shape, dtype, device); },
          fromTensor);
}

template <class Operation>
Napi::Value TensorHandle::derive(const Napi::CallbackInfo& info, Operation operation) {
  return Handle::data().compute(
      info.Env(), [tensor = core(), operation = std::move(operation)] { return operation(*tensor); },
      fromTensor);
}

Napi::Value TensorHandle::shape(const Napi::CallbackInfo& info) {
  return shapeArray(info.Env(), core()->sizes());
}

Napi::Value TensorHandle::dtype(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), dtypeName(core()->scalar_type()));
}

Napi::Value TensorHandle::device(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), core()->device().str());
}

Napi::Value TensorHandle::to(const Napi::CallbackInfo& info) {
  return derive(info, [device = readString(info[0], "device")](const at::Tensor& tensor) {
    return tensor.to(chooseDevice(device));
  });
}

Napi::Value TensorHandle::argmax(const Napi::CallbackInfo& info) {
  return derive(info, [dim = readInteger(info[0], "dim")](const at::Tensor& tensor) {
    return at::argmax(tensor.detach(), dim);
  });
}

Napi::Value TensorHandle::softmax(const Napi::CallbackInfo& info) {
  return derive(info, [dim = readInteger(info[0], "dim")](const at::Tensor& tensor) {
    return at::softmax(tensor, dim);
  });
}

Napi::Value TensorHandle::eq(const Napi::CallbackInfo& info) {
  return derive(info, [other = unwrap(info[0], "other").core()](const at::Tensor& tensor) {
    return tensor.eq(*other);
  });
}

Napi::Value TensorHandle::sum(const Napi::CallbackInfo& info) {
  return derive(info, [](const at::Tensor& tensor) { return tensor.sum(); });
}

Napi::Value TensorHandle::backward(const Napi::CallbackInfo& info) {
  return Handle::data().compute(info.Env(), [tensor = core()] {
    const at::AutoGradMode grad(true);
    tensor->backward();
  });
}

Napi::Value TensorHandle::item(const Napi::CallbackInfo& info) {
  return Handle::data().compute(
      info.Env(), [tensor = core()] { return tensor->item().toDouble(); },
      [](Napi::Env env, double value) { return Napi::Number::New(env, value); });
}

Napi::Value TensorHandle::data(const Napi::CallbackInfo& info) {
  return Handle::data().compute(
      info.Env(), [tensor = core()] { return tensor->detach().to(at::kCPU).contiguous(); },
      [](Napi::Env env, const at::Tensor& tensor) {
        const auto size = static_cast<std::size_t>(byteCount(tensor));
        Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
        if (size > 0) std::memcpy(buffer.Data(), tensor.const_data_ptr(), size);
        return buffer;
      });
}

Napi::Array shapeArray(Napi::Env env, at::IntArrayRef sizes) {
  Napi::Array shape = Napi::Array::New(env, sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    shape.Set(static_cast<std::uint32_t>(i), Napi::Number::New(env, static_cast<double>(sizes[i])));
  }
  return shape;
}

}  // namespace torchwing::binding
