#include <string>

#include "core/io/atomic_file.h"
#include "core/io/pickle_writer.h"
#include "core/io/pth_members.h"
#include "core/io/torch_checkpoint.h"
#include "core/io/zip_writer.h"

namespace torchwing {
namespace {

using pickle::PickleWriter;

void real(PickleWriter& writer, const char* name, double value) {
  writer.text(name);
  writer.real(value);
}

void integer(PickleWriter& writer, const char* name, std::int64_t value) {
  writer.text(name);
  writer.integer(value);
}

void boolean(PickleWriter& writer, const char* name, bool value) {
  writer.text(name);
  writer.boolean(value);
}

void none(PickleWriter& writer, const char* name) {
  writer.text(name);
  writer.none();
}

/// A list with the one parameter group's number.
void onlyReal(PickleWriter& writer, const char* name, double value) {
  writer.text(name);
  writer.beginList();
  writer.real(value);
  writer.endList();
}

/// torch.optim.SGD's only group, in Python's order. A scheduler in Python notes the first rate there.
void writeGroup(PickleWriter& writer, const SgdState& state, const std::optional<StepLrState>& scheduler) {
  writer.beginDict();
  real(writer, "lr", state.options.lr);
  real(writer, "momentum", state.options.momentum);
  real(writer, "dampening", state.options.dampening);
  real(writer, "weight_decay", state.options.weight_decay);
  boolean(writer, "nesterov", state.options.nesterov);
  boolean(writer, "maximize", false);
  none(writer, "foreach");
  boolean(writer, "differentiable", false);
  none(writer, "fused");
  if (scheduler) real(writer, "initial_lr", scheduler->base_lr);
  writer.text("params");
  writer.beginList();
  for (std::size_t i = 0; i < state.momentum_buffers.size(); ++i)
    writer.integer(static_cast<std::int64_t>(i));
  writer.endList();
  writer.endDict();
}

void writeOptimizer(PickleWriter& writer, const SgdState& state,
                    const std::optional<StepLrState>& scheduler) {
  writer.beginDict();
  writer.text("state");
  writer.beginDict();
  for (std::size_t i = 0; i < state.momentum_buffers.size(); ++i) {
    if (!state.momentum_buffers[i].defined()) continue;
    writer.integer(static_cast<std::int64_t>(i));
    writer.beginDict();
    writer.text("momentum_buffer");
    writer.tensor(state.momentum_buffers[i]);
    writer.endDict();
  }
  writer.endDict();
  writer.text("param_groups");
  writer.beginList();
  writeGroup(writer, state, scheduler);
  writer.endList();
  writer.endDict();
}

/// The attributes of a StepLR in torch 2.13; `_step_count` is one ahead, because its constructor counts.
void writeScheduler(PickleWriter& writer, const StepLrState& state) {
  writer.beginDict();
  integer(writer, "step_size", state.step_size);
  real(writer, "gamma", state.gamma);
  onlyReal(writer, "base_lrs", state.base_lr);
  integer(writer, "last_epoch", state.last_epoch);
  integer(writer, "_step_count", state.last_epoch + 1);
  boolean(writer, "_is_initial", false);
  boolean(writer, "_get_lr_called_within_step", false);
  onlyReal(writer, "_last_lr", state.last_lr);
  writer.endDict();
}

}  // namespace

void writeTorchCheckpoint(const std::string& path, const TorchCheckpoint& checkpoint) {
  PickleWriter writer;
  writer.beginDict();
  writer.text("model");
  writer.stateDict(checkpoint.model.tensors);
  writer.text("optimizer");
  writeOptimizer(writer, checkpoint.optimizer, checkpoint.scheduler);
  if (checkpoint.scheduler) {
    writer.text("scheduler");
    writeScheduler(writer, *checkpoint.scheduler);
  }
  writer.endDict();
  const std::string pickle = writer.finish();

  AtomicFile file(path);
  ZipWriter zip(file);
  addPthMembers(zip, pickle, writer.tensors(), checkpoint.model.record.value_or(""));
  zip.finish();
  file.commit();
}

}  // namespace torchwing
