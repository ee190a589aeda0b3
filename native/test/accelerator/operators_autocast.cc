#include <ATen/autocast_mode.h>

namespace torchwing::simulated {
namespace {

// What autocast casts for this device, of what a step uses, as LibTorch has it for CUDA.
TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, m){
    KERNEL_PRIVATEUSEONE(conv2d, lower_precision_fp) KERNEL_PRIVATEUSEONE(convolution, lower_precision_fp)
        KERNEL_PRIVATEUSEONE(linear, lower_precision_fp) KERNEL_PRIVATEUSEONE(addmm, lower_precision_fp)
            KERNEL_PRIVATEUSEONE(mm, lower_precision_fp) KERNEL_PRIVATEUSEONE(nll_loss, fp32)
                KERNEL_PRIVATEUSEONE(log_softmax, int, fp32)}

/// Everything else as it comes.
TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFallthrough());
}

}  // namespace
}  // namespace torchwing::simulated
