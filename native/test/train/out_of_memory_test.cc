#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "core/device/memory_failure.h"
#include "core/out_of_memory.h"
#include "failing_allocator.h"
#include "small_run.h"

namespace torchwing {
namespace {

struct Case {
  const char* name;
  SmallRunOptions run;
  Phase phase;
  bool first_step;  ///< of the optimizer, which then makes its momentum buffers
};

void PrintTo(const Case& given, std::ostream* out) {
  *out << given.name;
}

const Case kCases[] = {
    {"Finetune", {.layout = Layout::kFast}, Phase::kTrain, false},
    {"FinetuneStrided", {.layout = Layout::kStrided}, Phase::kTrain, true},
    {"Extractor", {.trainable = Trainable::kHead}, Phase::kTrain, true},
    {"ExtractorWithFrozenBatchNorm",
     {.trainable = Trainable::kHead, .frozen = FrozenBatchNorm::kEval},
     Phase::kTrain,
     false},
    {"Validation", {.layout = Layout::kFast}, Phase::kVal, false},
    {"ValidationStrided", {.layout = Layout::kStrided}, Phase::kVal, false},
};

/// A run that stands before the step in which each allocation fails in its turn.
class EachAllocationOfAStep : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!GetParam().first_step) run_.run({.phase = Phase::kTrain, .max_steps = 1});
    before_ = run_.state();
    run_.restore(before_);
  }

  PhaseOptions step() const {
    return {.phase = GetParam().phase, .epoch = 3, .start_step = 1, .max_steps = 1};
  }

  /// Calls `each(n)` with the n-th allocation set to fail, for every `stride`-th n until there is none;
  /// returns how many there are. `each` leaves the run in the state before the step.
  template <class Each>
  int forEachAllocation(int stride, const Each& each) {
    run_.restore(before_);
    const std::int64_t blocks = FailingAllocator::blocksInUse();
    for (int nth = 1;; nth += stride) {
      run_.halvings.clear();
      run_.before_step = [this, nth] {
        allocator_.failAt(nth, static_cast<FailingAllocator::Way>(nth % FailingAllocator::kWays));
      };
      each(nth);
      run_.before_step = [] {};
      const bool failed = allocator_.failed();
      allocator_.failAt(0);
      if (!failed) return nth - 1;
      // An evaluation's packed weights stay for the next one, and loading drops them.
      if (GetParam().phase == Phase::kVal || GetParam().run.frozen == FrozenBatchNorm::kEval)
        run_.restore(before_);
      EXPECT_EQ(FailingAllocator::blocksInUse(), blocks) << "after allocation " << nth;
      if (HasFailure()) return nth;
    }
  }

  FailingAllocator allocator_;
  SmallRun run_{GetParam().run};
  SmallRun::State before_;
};

INSTANTIATE_TEST_SUITE_P(Modes, EachAllocationOfAStep, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST_P(EachAllocationOfAStep, FailingEndsItWithTheBatchThatWasTriedAndLeavesEverythingAsItWas) {
  run_.run(step());
  const SmallRun::State expected = run_.state();
  run_.restore(before_);
  const int count = forEachAllocation(1, [&](int nth) {
    try {
      run_.run(step());
      EXPECT_FALSE(allocator_.failed()) << "allocation " << nth << " failed and nothing was said";
      return;
    } catch (const OutOfMemory& error) {
      EXPECT_EQ(error.code(), "OUT_OF_MEMORY") << error.what();
      EXPECT_EQ(error.shortage().device, "cpu");
      EXPECT_EQ(error.shortage().batch_size, 4);
      EXPECT_EQ(error.shortage().micro_batch, 4);
      const std::string text = error.what();
      EXPECT_NE(text.find("step 1 of epoch 3 on cpu, with a batch of 4 images: "), std::string::npos) << text;
      EXPECT_NE(error.hint().find("batch size"), std::string::npos);
    }
    EXPECT_EQ(run_.differences(before_), "") << "after allocation " << nth;
    // The whole of a step is the slow part, and what it begins from was just compared.
    if (nth % 32 != 1) return;
    run_.before_step = [] {};
    run_.run(step());
    EXPECT_EQ(run_.differences(expected), "") << "the step behind allocation " << nth;
    run_.restore(before_);
  });
  RecordProperty("allocations", count);
  EXPECT_GT(count, GetParam().phase == Phase::kTrain ? 30 : 10);
}

TEST_P(EachAllocationOfAStep, FailingUnderAutoBatchGivesTheStepInPartsToTheBit) {
  PhaseOptions in_parts = step();
  in_parts.micro_batch = 2;
  const PhaseResult reference = run_.run(in_parts);
  const SmallRun::State expected = run_.state();
  PhaseOptions options = step();
  options.auto_batch = true;
  const int count = forEachAllocation(11, [&](int nth) {
    const PhaseResult result = run_.run(options);
    if (!allocator_.failed()) return;
    EXPECT_EQ(result.micro_batch, 2);
    EXPECT_EQ(run_.halvings, std::vector<std::int64_t>{2}) << "allocation " << nth;
    EXPECT_EQ(run_.positions.back().micro_batch, 2);
    EXPECT_EQ(result.counts.images, 4);
    EXPECT_EQ(result.counts.loss_sum, reference.counts.loss_sum);
    EXPECT_EQ(run_.differences(expected), "") << "allocation " << nth;
    run_.restore(before_);
  });
  EXPECT_GT(count, GetParam().phase == Phase::kTrain ? 30 : 10);
}

TEST(OutOfMemory, OfAPhaseBesideItsStepsNamesTheBatchSize) {
  FailingAllocator allocator;
  SmallRun run({});
  allocator.failAt(1);
  try {
    run.run({.phase = Phase::kTrain, .epoch = 3, .max_steps = 1});
    FAIL() << "expected OUT_OF_MEMORY";
  } catch (const OutOfMemory& error) {
    EXPECT_EQ(error.code(), "OUT_OF_MEMORY");
    EXPECT_EQ(error.shortage().batch_size, 4);
    EXPECT_FALSE(error.shortage().micro_batch.has_value());
    EXPECT_NE(std::string(error.what()).find("beside the steps of training epoch 3, at batch size 4: "),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(run.run({.phase = Phase::kTrain, .max_steps = 1}).counts.images, 4);
}

class TooLittleMemory : public testing::Test {
 protected:
  FailingAllocator allocator_;
  SmallRun run_{{.batch_size = 16, .side = 128}};
};

TEST_F(TooLittleMemory, IsMetByHalvingUntilABatchFits) {
  // The stem gives 1 MiB per image, and the largest weight has 9 MiB.
  allocator_.failAbove(std::size_t{12} << 20);
  const PhaseResult result = run_.run({.phase = Phase::kTrain, .max_steps = 2, .auto_batch = true});
  EXPECT_EQ(run_.halvings, std::vector<std::int64_t>{8}) << "once, and the second step stays with it";
  EXPECT_EQ(result.micro_batch, 8);
  EXPECT_EQ(result.counts.images, 32);
}

TEST_F(TooLittleMemory, EndsThePhaseWhenTwoImagesDoNotFit) {
  allocator_.failAbove(std::size_t{1} << 20);
  try {
    run_.run({.phase = Phase::kTrain, .max_steps = 1, .auto_batch = true});
    FAIL() << "expected OUT_OF_MEMORY";
  } catch (const OutOfMemory& error) {
    EXPECT_EQ(error.code(), "OUT_OF_MEMORY");
    EXPECT_EQ(error.shortage().batch_size, 16);
    EXPECT_EQ(error.shortage().micro_batch, 2);
    EXPECT_GT(error.shortage().asked.value_or(0), 1 << 20);
    const std::string text = error.what();
    EXPECT_NE(text.find("a batch of 16 images in parts of 2: "), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with(" MiB were asked for.")) << text;
    EXPECT_EQ(error.hint().find("autoBatch"), std::string::npos);
  }
  EXPECT_EQ(run_.halvings, (std::vector<std::int64_t>{8, 4, 2}));
}

TEST(MemoryFailure, SaysWhatWasAskedForWhereThatIsKnown) {
  const auto said = [](FailingAllocator::Way way) {
    FailingAllocator allocator;
    allocator.failAt(1, way);
    try {
      allocator.allocate(64);
    } catch (...) {
      return memoryFailure(std::current_exception()).value_or(MemoryFailure{"nothing", {}});
    }
    return MemoryFailure{"no failure", {}};
  };
  for (const auto way : {FailingAllocator::Way::kCpuError, FailingAllocator::Way::kAcceleratorError}) {
    EXPECT_EQ(said(way).reason, "64 bytes were asked for");
    EXPECT_EQ(said(way).shortage.asked, 64);
    EXPECT_EQ(said(way).shortage.device, "cpu");
  }
  EXPECT_EQ(said(FailingAllocator::Way::kBadAlloc).reason, "the system has no more");
  EXPECT_FALSE(said(FailingAllocator::Way::kBadAlloc).shortage.asked.has_value());
  EXPECT_FALSE(memoryFailure(std::make_exception_ptr(Error("IMAGE_DECODE", "out of memory"))).has_value());
}

TEST(MemoryFailure, QuotesTheFirstLineWhereNothingIsKnown) {
  try {
    TORCH_CHECK(false, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`.\nmore");
  } catch (...) {
    const auto found = memoryFailure(std::current_exception());
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->reason,
              "LibTorch says: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`");
    EXPECT_FALSE(found->shortage.asked.has_value());
  }
}

TEST(MemoryFailure, IsKnownByTheWordsOfEachLibraryUnderCuda) {
  const auto known = [](const std::string& words) {
    return memoryFailure(std::make_exception_ptr(c10::Error(c10::SourceLocation{}, words))).has_value();
  };
  for (const char* words :
       {"CUDA error: out of memory", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "FIND was unable to find an engine to execute this computation",
        "GET was unable to find an engine to execute this computation",
        "Unable to find a valid cuDNN algorithm to run convolution"}) {
    EXPECT_TRUE(known(words)) << words;
  }
  for (const char* words : {"cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
                            "CUDA error: an illegal memory access was encountered"}) {
    EXPECT_FALSE(known(words)) << words;
  }
}

}  // namespace
}  // namespace torchwing
