#include <napi.h>

#include "binding/addon_data.h"
#include "binding/functions.h"
#include "binding/image_inspection.h"
#include "binding/image_loader.h"
#include "binding/mix.h"
#include "binding/resnet.h"
#include "binding/sgd.h"
#include "binding/state_dict.h"
#include "binding/step_lr.h"
#include "binding/tensor.h"
#include "binding/torch_checkpoint.h"
#include "binding/training_session.h"

namespace torchwing::binding {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  AddonData::attach(env);
  TensorHandle::init(env, exports);
  StateDictHandle::init(env, exports);
  ResNetHandle::init(env, exports);
  SgdHandle::init(env, exports);
  StepLrHandle::init(env, exports);
  ImageLoaderHandle::init(env, exports);
  ImageInspectionHandle::init(env, exports);
  TrainingSessionHandle::init(env, exports);
  initTorchCheckpoint(env, exports);
  initFunctions(env, exports);
  initMix(env, exports);
  return exports;
}

NODE_API_MODULE(torchwing, init)

}  // namespace torchwing::binding
