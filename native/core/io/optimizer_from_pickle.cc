#include "core/io/optimizer_from_pickle.h"

#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/error.h"
#include "core/io/file_text.h"

namespace torchwing::pickle {
namespace {

constexpr std::int64_t kMostEpochs = std::int64_t{1} << 53;

[[noreturn]] void refuseForm(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

[[noreturn]] void refuseKind(const std::string& reason) {
  throw Error("WEIGHTS_UNSUPPORTED", reason);
}

/// Throws unless the entry is there with such content. `owner` is what it belongs to, for messages.
template <typename Content>
const Content& required(const Value& dict, std::string_view name, const std::string& owner) {
  const Value* value = entryOf(dict, name);
  const auto* content = value == nullptr ? nullptr : std::get_if<Content>(&value->content);
  if (content == nullptr)
    refuseForm(owner + " has no " + printable(std::string(name)) + " of the kind that Python writes");
  return *content;
}

double finiteNumber(const Value& value, const std::string& what) {
  double number = 0;
  if (const auto* real = std::get_if<double>(&value.content)) {
    number = *real;
  } else if (const auto* integer = std::get_if<std::int64_t>(&value.content)) {
    number = static_cast<double>(*integer);
  } else if (std::holds_alternative<TensorReference>(value.content)) {
    refuseKind(what + " is a tensor, expected a number");
  } else {
    refuseForm(what + " is not a number");
  }
  if (!std::isfinite(number)) refuseForm(what + " is not finite");
  return number;
}

double numberIn(const Value& dict, std::string_view name, const std::string& owner) {
  const Value* value = entryOf(dict, name);
  if (value == nullptr) refuseForm(owner + " has no " + printable(std::string(name)));
  return finiteNumber(*value, owner + "'s " + std::string(name));
}

std::int64_t integerIn(const Value& dict, std::string_view name, std::int64_t least,
                       const std::string& owner) {
  const auto value = required<std::int64_t>(dict, name, owner);
  if (value < least || value > kMostEpochs) {
    refuseForm(owner + "'s " + std::string(name) + " is " + std::to_string(value) + ", expected at least " +
               std::to_string(least));
  }
  return value;
}

/// Of a list with one number per parameter group, the one.
double onlyNumberIn(const Value& dict, std::string_view name, const std::string& owner) {
  const auto& items = required<List>(dict, name, owner).items;
  if (items.size() != 1) {
    refuseKind(owner + "'s " + std::string(name) + " is for " + std::to_string(items.size()) +
               " parameter groups, expected one");
  }
  return finiteNumber(*items.front(), owner + "'s " + std::string(name));
}

SgdOptions optionsOf(const Value& group) {
  const std::string owner = "its optimizer's parameter group";
  if (entryOf(group, "momentum") == nullptr || entryOf(group, "nesterov") == nullptr)
    refuseKind("its optimizer is not SGD, expected the state_dict of torch.optim.SGD");
  const Value* maximize = entryOf(group, "maximize");
  const auto* maximizes = maximize == nullptr ? nullptr : std::get_if<bool>(&maximize->content);
  if (maximizes != nullptr && *maximizes) refuseKind("its optimizer maximizes, expected maximize=False");
  return {.lr = numberIn(group, "lr", owner),
          .momentum = numberIn(group, "momentum", owner),
          .dampening = numberIn(group, "dampening", owner),
          .weight_decay = numberIn(group, "weight_decay", owner),
          .nesterov = required<bool>(group, "nesterov", owner)};
}

/// Place in the list by the number that the file gives to a parameter.
std::unordered_map<std::int64_t, std::size_t> placesOf(const List& parameters) {
  std::unordered_map<std::int64_t, std::size_t> places;
  for (const Value* item : parameters.items) {
    const auto* number = std::get_if<std::int64_t>(&item->content);
    if (number == nullptr || !places.emplace(*number, places.size()).second)
      refuseForm("its optimizer's params are not different integers");
  }
  return places;
}

/// The buffer in one parameter's state; Python writes None, or nothing, before the first step.
const TensorReference* bufferOf(const Value& state, std::int64_t number) {
  const Value* buffer = entryOf(state, "momentum_buffer");
  if (buffer == nullptr || std::holds_alternative<None>(buffer->content)) return nullptr;
  const auto* tensor = std::get_if<TensorReference>(&buffer->content);
  if (tensor == nullptr)
    refuseForm("its optimizer's momentum_buffer of parameter " + std::to_string(number) + " is not a tensor");
  return tensor;
}

}  // namespace

const Value* entryOf(const Value& value, std::string_view name) {
  const auto* dict = std::get_if<Dict>(&value.content);
  if (dict == nullptr) return nullptr;
  for (const auto& [key, content] : dict->entries) {
    const auto* text = std::get_if<std::string>(&key->content);
    if (text != nullptr && *text == name) return content;
  }
  return nullptr;
}

PickledSgd sgdFromPickle(const Value& state_dict) {
  const std::string owner = "its optimizer state";
  const auto& groups = required<List>(state_dict, "param_groups", owner).items;
  if (groups.size() != 1) {
    refuseKind("its optimizer has " + std::to_string(groups.size()) + " parameter groups, expected one");
  }
  PickledSgd sgd{.options = optionsOf(*groups.front()), .momentum_buffers = {}};
  const auto places = placesOf(required<List>(*groups.front(), "params", owner));
  sgd.momentum_buffers.resize(places.size(), nullptr);
  for (const auto& [key, value] : required<Dict>(state_dict, "state", owner).entries) {
    const auto* number = std::get_if<std::int64_t>(&key->content);
    const auto place = number == nullptr ? places.end() : places.find(*number);
    if (place == places.end()) refuseForm("its optimizer has a state for something that is not in params");
    sgd.momentum_buffers[place->second] = bufferOf(*value, *number);
  }
  return sgd;
}

StepLrState stepLrFromPickle(const Value& state_dict) {
  const std::string owner = "its scheduler";
  if (entryOf(state_dict, "step_size") == nullptr || entryOf(state_dict, "gamma") == nullptr)
    refuseKind("its scheduler is not StepLR, expected the state_dict of torch.optim.lr_scheduler.StepLR");
  return {.step_size = integerIn(state_dict, "step_size", 1, owner),
          .gamma = numberIn(state_dict, "gamma", owner),
          .base_lr = onlyNumberIn(state_dict, "base_lrs", owner),
          .last_epoch = integerIn(state_dict, "last_epoch", 0, owner),
          .last_lr = onlyNumberIn(state_dict, "_last_lr", owner)};
}

}  // namespace torchwing::pickle
