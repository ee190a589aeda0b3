#include "core/data/jpeg_memory.h"

#include <jerror.h>

#include <cstring>

namespace torchwing {
namespace {

/// Behind libjpeg's opaque jvirt_barray_ptr.
struct VirtualBlocks {
  JBLOCKARRAY rows;
  JDIMENSION blocks_per_row;
  JDIMENSION row_count;
  boolean pre_zero;
  VirtualBlocks* next;
};

}  // namespace

/// libjpeg calls these and may be left from them by its error_exit: they hold nothing with a destructor.
struct JpegMemory::Methods {
  static JpegMemory& of(j_common_ptr info) { return *static_cast<JpegMemory*>(info->client_data); }

  static void* take(j_common_ptr info, std::size_t bytes) {
    void* block = of(info).memory_.take(bytes);
    if (block == nullptr) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    return block;
  }

  /// Pointers to rows of `row_bytes`, each on a boundary that SIMD code wants and may be read past to the
  /// next one.
  template <class Row>
  static Row* takeRows(j_common_ptr info, std::size_t row_bytes, JDIMENSION row_count) {
    constexpr std::size_t kMask = DecoderMemory::kAlignment - 1;
    row_bytes = (row_bytes + kMask) & ~kMask;
    auto* rows = static_cast<Row*>(take(info, sizeof(Row) * row_count));
    auto* bytes = static_cast<std::byte*>(take(info, row_bytes * row_count));
    for (JDIMENSION i = 0; i < row_count; ++i) rows[i] = reinterpret_cast<Row>(bytes + row_bytes * i);
    return rows;
  }

  static void* allocSmall(j_common_ptr info, int pool, std::size_t bytes) {
    return pool == JPOOL_IMAGE ? take(info, bytes) : of(info).libjpeg_.alloc_small(info, pool, bytes);
  }
  static void* allocLarge(j_common_ptr info, int pool, std::size_t bytes) {
    return pool == JPOOL_IMAGE ? take(info, bytes) : of(info).libjpeg_.alloc_large(info, pool, bytes);
  }
  static JSAMPARRAY allocSamples(j_common_ptr info, int pool, JDIMENSION samples, JDIMENSION rows) {
    if (pool != JPOOL_IMAGE) return of(info).libjpeg_.alloc_sarray(info, pool, samples, rows);
    return takeRows<JSAMPROW>(info, samples * sizeof(JSAMPLE), rows);
  }
  static JBLOCKARRAY allocBlocks(j_common_ptr info, int pool, JDIMENSION blocks, JDIMENSION rows) {
    if (pool != JPOOL_IMAGE) return of(info).libjpeg_.alloc_barray(info, pool, blocks, rows);
    return takeRows<JBLOCKROW>(info, blocks * sizeof(JBLOCK), rows);
  }

  static jvirt_barray_ptr requestBlocks(j_common_ptr info, int pool, boolean pre_zero,
                                        JDIMENSION blocks_per_row, JDIMENSION row_count, JDIMENSION) {
    if (pool != JPOOL_IMAGE) ERREXIT1(info, JERR_BAD_POOL_ID, pool);
    auto* blocks = static_cast<VirtualBlocks*>(take(info, sizeof(VirtualBlocks)));
    *blocks = {nullptr, blocks_per_row, row_count, pre_zero,
               static_cast<VirtualBlocks*>(of(info).virtual_arrays_)};
    of(info).virtual_arrays_ = blocks;
    return reinterpret_cast<jvirt_barray_ptr>(blocks);
  }
  static void realizeVirtualArrays(j_common_ptr info) {
    auto* blocks = static_cast<VirtualBlocks*>(of(info).virtual_arrays_);
    for (; blocks != nullptr; blocks = blocks->next) {
      if (blocks->rows != nullptr) continue;
      const std::size_t row_bytes = blocks->blocks_per_row * sizeof(JBLOCK);
      blocks->rows = takeRows<JBLOCKROW>(info, row_bytes, blocks->row_count);
      if (!blocks->pre_zero) continue;
      for (JDIMENSION row = 0; row < blocks->row_count; ++row) std::memset(blocks->rows[row], 0, row_bytes);
    }
  }
  static JBLOCKARRAY accessBlocks(j_common_ptr info, jvirt_barray_ptr pointer, JDIMENSION first,
                                  JDIMENSION count, boolean) {
    const auto* blocks = reinterpret_cast<VirtualBlocks*>(pointer);
    if (blocks->rows == nullptr || first + count > blocks->row_count) ERREXIT(info, JERR_BAD_VIRTUAL_ACCESS);
    return blocks->rows + first;
  }

  static void freePool(j_common_ptr info, int pool) {
    if (pool == JPOOL_IMAGE) of(info).virtual_arrays_ = nullptr;  // begin() takes the memory back
    of(info).libjpeg_.free_pool(info, pool);
  }
};

void JpegMemory::install(jpeg_decompress_struct& info) {
  jpeg_memory_mgr& methods = *info.mem;
  libjpeg_ = methods;
  methods.alloc_small = Methods::allocSmall;
  methods.alloc_large = Methods::allocLarge;
  methods.alloc_sarray = Methods::allocSamples;
  methods.alloc_barray = Methods::allocBlocks;
  // Virtual sample arrays are of no use to a decoder without colour quantisation; libjpeg's stay.
  methods.request_virt_barray = Methods::requestBlocks;
  methods.realize_virt_arrays = Methods::realizeVirtualArrays;
  methods.access_virt_barray = Methods::accessBlocks;
  methods.free_pool = Methods::freePool;
}

}  // namespace torchwing
