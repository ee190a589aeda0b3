#include "core/train/kept_tensors.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>

#include <algorithm>

namespace torchwing {

KeptTensors::KeptTensors(const std::vector<at::Tensor>& tensors) {
  for (const at::Tensor& tensor : tensors) {
    const auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& candidate) {
      return candidate.flat_views.front().scalar_type() == tensor.scalar_type();
    });
    Group& own = group == groups_.end() ? groups_.emplace_back() : *group;
    own.flat_views.push_back(tensor.detach().view({-1}));
  }
  for (Group& group : groups_) group.copy = at::cat(group.flat_views);
}

void KeptTensors::keepUnless(const at::Tensor& skip) {
  const at::NoGradGuard no_graph;
  for (Group& group : groups_) {
    if (skip.defined()) {
      at::where_out(group.copy, skip, group.copy, at::cat(group.flat_views));
    } else {
      at::cat_out(group.copy, group.flat_views);
    }
  }
}

void KeptTensors::restore() {
  const at::NoGradGuard no_graph;
  for (Group& group : groups_) {
    std::int64_t at = 0;
    for (at::Tensor& view : group.flat_views) {
      view.copy_(group.copy.narrow(0, at, view.numel()));
      at += view.numel();
    }
  }
}

}  // namespace torchwing
