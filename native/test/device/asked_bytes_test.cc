#include "core/device/asked_bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace torchwing {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

TEST(AskedBytes, AreWhatTheCachingAllocatorsOfAcceleratorsSay) {
  EXPECT_EQ(
      askedBytes("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB "
                 "of which 5.12 MiB is free. Including non-PyTorch memory, this process has 79.10 GiB "
                 "memory in use. Of the allocated memory 76.29 GiB is allocated by PyTorch, with 1.00 GiB "
                 "allocated in private pools (e.g., CUDA Graphs), and 12.00 MiB is reserved by PyTorch "
                 "but unallocated. If reserved but unallocated memory is large try setting "
                 "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."),
      2 * kGiB);
  EXPECT_EQ(
      askedBytes("XPU out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 15.56 GiB."),
      20 * kMiB);
  EXPECT_EQ(askedBytes("CUDA out of memory. Tried to allocate 1.50 KiB. GPU 1 has"), 1536);
  EXPECT_EQ(askedBytes("CUDA out of memory. Tried to allocate 512 bytes. GPU 1 has"), 512);
}

TEST(AskedBytes, AreWhatCudaSaysWhereALimitOfTheProcessIsMet) {
  EXPECT_EQ(askedBytes("CUDA out of memory. Allocation was preemptively rejected because it would exceed "
                       "per_process_memory_fraction limit. Requested size: 3.25 GiB"),
            3 * kGiB + kGiB / 4);
}

TEST(AskedBytes, AreWhatCudaMallocAsyncSays) {
  EXPECT_EQ(askedBytes("Allocation on device 0 would exceed allowed memory. (out of memory)\n"
                       "Currently allocated     : 76.29 GiB\n"
                       "Requested               : 2.00 GiB\n"
                       "Device limit            : 79.11 GiB\n"
                       "Free (according to CUDA): 5.12 MiB\n"
                       "PyTorch limit (set by user-supplied memory fraction)\n"
                       "                        : 17179869184.00 GiB"),
            2 * kGiB);
}

TEST(AskedBytes, AreWhatTheCpusAllocatorSaysToTheByte) {
  EXPECT_EQ(
      askedBytes("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: "
                 "you tried to allocate 16777217 bytes. Error code 12 (Cannot allocate memory)"),
      16777217);
}

TEST(AskedBytes, AreUnknownWhereNobodySays) {
  for (const std::string_view text :
       {"", "CUDA out of memory. Tried to allocate more than 1EB memory.", "Tried to allocate",
        "Tried to allocate 2", "Tried to allocate 2.00 parsecs", "Tried to allocate -2.00 GiB",
        "Tried to allocate inf GiB", "Tried to allocate 1e300 GiB", "Tried to allocate 9999999999 TiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"})
    EXPECT_EQ(askedBytes(text), std::nullopt) << text;
}

}  // namespace
}  // namespace torchwing
