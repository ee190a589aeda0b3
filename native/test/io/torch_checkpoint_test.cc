#include "core/io/torch_checkpoint.h"

#include <ATen/ops/tensor.h>

#include <functional>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/io/pickle_writer.h"
#include "core/io/pth_members.h"
#include "core/io/weight_file.h"
#include "test/io/test_files.h"

namespace torchwing::test {
namespace {

using pickle::PickleWriter;
/// Writes one value.
using Part = std::function<void(PickleWriter&)>;
using Parts = std::map<std::string, Part>;

Part real(double value) {
  return [value](PickleWriter& writer) { writer.real(value); };
}
Part integer(std::int64_t value) {
  return [value](PickleWriter& writer) { writer.integer(value); };
}
Part boolean(bool value) {
  return [value](PickleWriter& writer) { writer.boolean(value); };
}
Part none() {
  return [](PickleWriter& writer) { writer.none(); };
}
Part tensor(const at::Tensor& value) {
  return [value](PickleWriter& writer) { writer.tensor(value); };
}
Part list(const std::vector<Part>& items) {
  return [items](PickleWriter& writer) {
    writer.beginList();
    for (const Part& item : items) item(writer);
    writer.endList();
  };
}
Part dict(const Parts& entries) {
  return [entries](PickleWriter& writer) {
    writer.beginDict();
    for (const auto& [name, value] : entries) {
      writer.text(name);
      value(writer);
    }
    writer.endDict();
  };
}
Part numbered(const std::map<std::int64_t, Part>& entries) {
  return [entries](PickleWriter& writer) {
    writer.beginDict();
    for (const auto& [number, value] : entries) {
      writer.integer(number);
      value(writer);
    }
    writer.endDict();
  };
}

/// readTorchCheckpoint on a .pth of this object.
TorchCheckpoint readObject(const Part& object) {
  PickleWriter writer;
  object(writer);
  const TemporaryFolder folder;
  AtomicFile file(folder.path("c.pth"));
  ZipWriter zip(file);
  addPthMembers(zip, writer.finish(), writer.tensors(), "");
  zip.finish();
  file.commit();
  return readTorchCheckpoint(folder.path("c.pth"));
}

/// "CODE: message" of the Error, or "" when it is read.
std::string refusalOf(const Part& object) {
  try {
    readObject(object);
    return {};
  } catch (const Error& error) {
    return error.code() + ": " + error.what();
  }
}

Parts group(const Parts& changed = {}) {
  Parts entries{{"lr", real(0.1)},         {"momentum", real(0.9)},       {"dampening", integer(0)},
                {"weight_decay", real(0)}, {"nesterov", boolean(false)},  {"maximize", boolean(false)},
                {"foreach", none()},       {"params", list({integer(0)})}};
  for (const auto& [name, value] : changed) entries[name] = value;
  return entries;
}

Part optimizer(const std::vector<Part>& groups, const Part& state = dict({})) {
  return dict({{"state", state}, {"param_groups", list(groups)}});
}

Parts schedule(const Parts& changed = {}) {
  Parts entries{{"step_size", integer(7)},
                {"gamma", real(0.1)},
                {"base_lrs", list({real(0.5)})},
                {"last_epoch", integer(3)},
                {"_last_lr", list({real(0.25)})}};
  for (const auto& [name, value] : changed) entries[name] = value;
  return entries;
}

/// A checkpoint with a model of one tensor.
Part checkpoint(const Part& its_optimizer, const Parts& more = {}) {
  Parts entries{{"model", dict({{"a", tensor(ramp({2, 2}))}})}, {"optimizer", its_optimizer}};
  for (const auto& [name, value] : more) entries[name] = value;
  return dict(entries);
}

TEST(TorchCheckpointTest, RoundTripIsExact) {
  const TemporaryFolder folder;
  const TorchCheckpoint written{
      .model = {.tensors = {{"conv.weight", ramp({2, 1, 3, 3})}, {"bn.num_batches_tracked", at::tensor(5)}}},
      .optimizer = {.options = {.lr = 0.1 / 3, .momentum = 0.9, .weight_decay = 1e-4, .nesterov = true},
                    .momentum_buffers = {ramp({2, 3}), at::Tensor(), ramp({4}, at::kDouble)}},
      .scheduler =
          StepLrState{.step_size = 7, .gamma = 0.1, .base_lr = 0.3, .last_epoch = 9, .last_lr = 0.03}};
  writeTorchCheckpoint(folder.path("c.pth"), written);
  const TorchCheckpoint read = readTorchCheckpoint(folder.path("c.pth"));
  ASSERT_EQ(read.model.tensors.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.model.tensors[i].name, written.model.tensors[i].name);
    EXPECT_TRUE(read.model.tensors[i].tensor.equal(written.model.tensors[i].tensor));
  }
  EXPECT_EQ(read.optimizer.options.lr, 0.1 / 3);
  EXPECT_EQ(read.optimizer.options.momentum, 0.9);
  EXPECT_EQ(read.optimizer.options.dampening, 0);
  EXPECT_EQ(read.optimizer.options.weight_decay, 1e-4);
  EXPECT_TRUE(read.optimizer.options.nesterov);
  ASSERT_EQ(read.optimizer.momentum_buffers.size(), 3U);
  EXPECT_TRUE(read.optimizer.momentum_buffers[0].equal(ramp({2, 3})));
  EXPECT_FALSE(read.optimizer.momentum_buffers[1].defined());
  EXPECT_TRUE(read.optimizer.momentum_buffers[2].equal(ramp({4}, at::kDouble)));
  ASSERT_TRUE(read.scheduler.has_value());
  EXPECT_EQ(read.scheduler->step_size, 7);
  EXPECT_EQ(read.scheduler->gamma, 0.1);
  EXPECT_EQ(read.scheduler->base_lr, 0.3);
  EXPECT_EQ(read.scheduler->last_epoch, 9);
  EXPECT_EQ(read.scheduler->last_lr, 0.03);
}

TEST(TorchCheckpointTest, IsAWeightFileToo) {
  const TemporaryFolder folder;
  writeTorchCheckpoint(folder.path("c.pth"),
                       {.model = {.tensors = {{"a", ramp({2})}}, .record = "{\"v\":1}"}, .optimizer = {}});
  const WeightFile file = readWeights(folder.path("c.pth"));
  EXPECT_TRUE(tensorNamed(file.tensors, "a").equal(ramp({2})));
  EXPECT_EQ(file.record, "{\"v\":1}");
}

TEST(TorchCheckpointTest, ReadsWhatPythonsImageNetExampleSaves) {
  const TemporaryFolder folder;
  writeBytes(folder.path("c.pth"), fixture("checkpoint"));
  const TorchCheckpoint read = readTorchCheckpoint(folder.path("c.pth"));
  EXPECT_TRUE(tensorNamed(read.model.tensors, "conv.weight").equal(ramp({2, 1, 1, 1})));
  EXPECT_EQ(read.optimizer.options.lr, 0.1);
  EXPECT_EQ(read.optimizer.options.momentum, 0.9);
  ASSERT_EQ(read.optimizer.momentum_buffers.size(), 3U);
  EXPECT_TRUE(read.optimizer.momentum_buffers[0].equal(at::tensor({1.F, 1.F}).view({2, 1, 1, 1})));
  EXPECT_FALSE(read.scheduler.has_value());
}

TEST(TorchCheckpointTest, BuffersGoByThePlaceOfTheirParameterInParams) {
  const Part state = numbered(
      {{7, dict({{"momentum_buffer", tensor(ramp({4}))}})}, {9, dict({{"momentum_buffer", none()}})}});
  const Part params = list({integer(9), integer(7)});
  const TorchCheckpoint read =
      readObject(dict({{"state_dict", dict({{"a", tensor(ramp({4}))}})},
                       {"optimizer", optimizer({dict(group({{"params", params}}))}, state)}}));
  ASSERT_EQ(read.optimizer.momentum_buffers.size(), 2U);
  EXPECT_FALSE(read.optimizer.momentum_buffers[0].defined());
  EXPECT_TRUE(read.optimizer.momentum_buffers[1].equal(ramp({4})));
}

TEST(TorchCheckpointTest, TheNamesThatTutorialsUseAreKnown) {
  const TorchCheckpoint read = readObject(dict({{"model_state_dict", dict({{"a", tensor(ramp({4}))}})},
                                                {"optimizer_state_dict", optimizer({dict(group())})},
                                                {"lr_scheduler", dict(schedule())}}));
  EXPECT_EQ(read.model.tensors.size(), 1U);
  EXPECT_EQ(read.scheduler->last_lr, 0.25);
}

TEST(TorchCheckpointTest, OtherOptimizersAndSchedulersAreRefusedByName) {
  Parts adam = group({{"betas", list({real(0.9), real(0.99)})}});
  adam.erase("momentum");
  Parts cosine = schedule({{"T_max", integer(10)}});
  cosine.erase("step_size");
  const std::pair<Part, const char*> cases[] = {
      {dict({{"a", tensor(ramp({4}))}}), "it holds no optimizer's state"},
      {checkpoint(optimizer({dict(adam)})), "its optimizer is not SGD"},
      {checkpoint(optimizer({dict(group()), dict(group())})), "2 parameter groups, expected one"},
      {checkpoint(optimizer({dict(group({{"maximize", boolean(true)}}))})), "its optimizer maximizes"},
      {checkpoint(optimizer({dict(group({{"lr", tensor(ramp({4}))}}))})), "lr is a tensor"},
      {checkpoint(optimizer({dict(group())}), {{"scheduler", dict(cosine)}}), "its scheduler is not StepLR"},
      {checkpoint(optimizer({dict(group())}),
                  {{"scheduler", dict(schedule({{"base_lrs", list({real(1), real(1)})}}))}}),
       "base_lrs is for 2 parameter groups"},
  };
  for (const auto& [object, reason] : cases) {
    const std::string refused = refusalOf(object);
    EXPECT_TRUE(contains(refused, reason));
    EXPECT_TRUE(contains(refused, "WEIGHTS_UNSUPPORTED"));
  }
}

TEST(TorchCheckpointTest, MalformedStatesAreRefused) {
  const double infinite = std::numeric_limits<double>::infinity();
  const Part buffer = dict({{"momentum_buffer", integer(1)}});
  const std::pair<Part, const char*> cases[] = {
      {checkpoint(integer(1)), "has no \"param_groups\""},
      {checkpoint(dict({{"param_groups", list({dict(group())})}})), "has no \"state\""},
      {checkpoint(optimizer({dict(group({{"lr", real(infinite)}}))})), "lr is not finite"},
      {checkpoint(optimizer({dict(group({{"lr", none()}}))})), "lr is not a number"},
      {checkpoint(optimizer({dict(group({{"nesterov", integer(1)}}))})), "has no \"nesterov\""},
      {checkpoint(optimizer({dict(group({{"params", list({real(0)})}}))})), "not different integers"},
      {checkpoint(optimizer({dict(group({{"params", list({integer(0), integer(0)})}}))})),
       "not different integers"},
      {checkpoint(optimizer({dict(group())}, numbered({{5, dict({})}}))), "not in params"},
      {checkpoint(optimizer({dict(group())}, dict({{"0", dict({})}}))), "not in params"},
      {checkpoint(optimizer({dict(group())}, numbered({{0, buffer}}))), "parameter 0 is not a tensor"},
      {checkpoint(optimizer({dict(group())}), {{"scheduler", dict(schedule({{"step_size", integer(0)}}))}}),
       "step_size is 0, expected at least 1"},
      {checkpoint(optimizer({dict(group())}), {{"scheduler", dict(schedule({{"last_epoch", integer(-1)}}))}}),
       "last_epoch is -1, expected at least 0"},
  };
  for (const auto& [object, reason] : cases) {
    const std::string refused = refusalOf(object);
    EXPECT_TRUE(contains(refused, reason));
    EXPECT_TRUE(contains(refused, "WEIGHTS_FORMAT"));
  }
}

/// A small file of ours.
std::string smallFile(const TemporaryFolder& folder) {
  writeTorchCheckpoint(folder.path("whole.pth"),
                       {.model = {.tensors = {{"a", ramp({2})}}, .record = "{}"},
                        .optimizer = {.options = {}, .momentum_buffers = {ramp({2})}},
                        .scheduler = StepLrState{}});
  return readBytes(folder.path("whole.pth"));
}

TEST(TorchCheckpointTest, EveryTruncationIsATypedError) {
  const TemporaryFolder folder;
  const std::string whole = smallFile(folder);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    writeBytes(folder.path("cut.pth"), whole.substr(0, size));
    EXPECT_THROW(readTorchCheckpoint(folder.path("cut.pth")), Error) << size;
  }
}

TEST(TorchCheckpointTest, EveryFlippedByteIsRefusedOrReadWithoutHarm) {
  const TemporaryFolder folder;
  for (const std::string& whole : {smallFile(folder), fixture("checkpoint")}) {
    std::size_t refused = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const int mask : {0x01, 0x80, 0xff}) {
        std::string bytes = whole;
        bytes[i] = static_cast<char>(bytes[i] ^ mask);
        writeBytes(folder.path("flipped.pth"), bytes);
        try {
          readTorchCheckpoint(folder.path("flipped.pth"));
        } catch (const Error& error) {
          EXPECT_TRUE(error.code().starts_with("WEIGHTS_")) << error.code() << " at byte " << i;
          ++refused;
        }
      }
    }
    EXPECT_GT(refused, whole.size() / 2);
  }
}

}  // namespace
}  // namespace torchwing::test
