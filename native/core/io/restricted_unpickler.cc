#include "core/io/restricted_unpickler.h"

#include <bit>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "core/error.h"
#include "core/io/file_text.h"
#include "core/io/little_endian.h"
#include "core/io/pickle_globals.h"
#include "core/io/rebuild_tensor.h"

namespace torchwing::pickle {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw Error("WEIGHTS_FORMAT", reason);
}

/// Opcodes by the names of Python's pickletools.
enum Opcode : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kEmptyTuple = ')',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
};

class Machine {
 public:
  explicit Machine(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  Document run() {
    while (step(next<std::uint8_t>())) {
    }
    document_.size = position_;
    return std::move(document_);
  }

 private:
  /// Keys of one dict while it is built; looked up by its address.
  using Keys = std::set<std::variant<std::int64_t, std::string_view>>;

  /// False after STOP.
  bool step(std::uint8_t opcode) {
    switch (opcode) {
      case kProto:
        if (const int protocol = next<std::uint8_t>(); protocol != 2) {
          refuse("its pickle has protocol " + std::to_string(protocol) + ", expected 2");
        }
        break;
      case kStop:
        document_.root = pop();
        return false;
      case kMark:
        requireRoom(marks_.size(), "marks");
        marks_.push_back(stack_.size());
        break;
      case kNone:
        push(None{});
        break;
      case kNewTrue:
        push(true);
        break;
      case kNewFalse:
        push(false);
        break;
      case kBinInt:
        push(std::int64_t{static_cast<std::int32_t>(next<std::uint32_t>())});
        break;
      case kBinInt1:
        push(std::int64_t{next<std::uint8_t>()});
        break;
      case kBinInt2:
        push(std::int64_t{next<std::uint16_t>()});
        break;
      case kLong1:
        pushLong();
        break;
      case kBinFloat:
        push(std::bit_cast<double>(__builtin_bswap64(next<std::uint64_t>())));
        break;
      case kShortBinString:
        pushText(next<std::uint8_t>());
        break;
      case kBinUnicode:
        pushText(next<std::uint32_t>());
        break;
      case kEmptyTuple:
        push(Tuple{});
        break;
      case kTuple1:
        pushTuple(1);
        break;
      case kTuple2:
        pushTuple(2);
        break;
      case kTuple3:
        pushTuple(3);
        break;
      case kTuple:
        push(Tuple{popToMark()});
        break;
      case kEmptyList:
        push(List{});
        break;
      case kAppend:
        append({pop()});
        break;
      case kAppends:
        append(popToMark());
        break;
      case kEmptyDict:
        push(Dict{});
        break;
      case kSetItem: {
        const Value* value = pop();
        const Value* key = pop();
        setItems({key, value});
        break;
      }
      case kSetItems:
        setItems(popToMark());
        break;
      case kBinPut:
        remember(next<std::uint8_t>());
        break;
      case kLongBinPut:
        remember(next<std::uint32_t>());
        break;
      case kBinGet:
        recall(next<std::uint8_t>());
        break;
      case kLongBinGet:
        recall(next<std::uint32_t>());
        break;
      case kGlobal: {
        const std::string_view module = line();
        push(resolveGlobal(module, line()).content);
        break;
      }
      case kBinPersId:
        push(storageReference(*pop()));
        break;
      case kReduce:
      case kNewObj:
        reduce();
        break;
      case kBuild:
        build();
        break;
      default: {
        char text[8];
        std::snprintf(text, sizeof(text), "0x%02x", opcode);
        refuse("its pickle has the opcode " + std::string(text) + " at byte " +
               std::to_string(position_ - 1) + ", which no state_dict needs");
      }
    }
    return true;
  }

  template <typename Integer>
  Integer next() {
    return loadLittle<Integer>(take(sizeof(Integer)));
  }

  const std::uint8_t* take(std::size_t count) {
    if (count > bytes_.size() - position_)
      refuse("its pickle is cut off at byte " + std::to_string(position_));
    const std::uint8_t* at = bytes_.data() + position_;
    position_ += count;
    return at;
  }

  /// Up to the next newline.
  std::string_view line() {
    const std::size_t begin = position_;
    while (next<std::uint8_t>() != '\n') {
    }
    return {reinterpret_cast<const char*>(bytes_.data() + begin), position_ - 1 - begin};
  }

  /// Bounds each container: a pickle of a few megabytes may not make us hold gigabytes.
  static void requireRoom(std::size_t size, const char* what) {
    if (size >= kMostValues) refuse(std::string("its pickle holds more than a million ") + what);
  }

  template <typename Content>
  void push(Content content) {
    requireRoom(document_.values.size(), "values");
    document_.values.push_back(Value{std::move(content)});
    stack_.push_back(&document_.values.back());
  }

  void pushLong() {
    const std::size_t size = next<std::uint8_t>();
    const std::uint8_t* bytes = take(size);
    if (size > sizeof(std::int64_t)) {
      push(BigInteger{std::string(reinterpret_cast<const char*>(bytes), size)});
      return;
    }
    const bool negative = size > 0 && (bytes[size - 1] & 0x80) != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = size; i-- > 0;) value = (value << 8) | bytes[i];
    push(static_cast<std::int64_t>(value));
  }

  void pushText(std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(take(size)), size);
    if (!isUtf8(text)) refuse("its pickle holds the text " + printable(text) + ", which is not UTF-8");
    push(std::string(text));
  }

  void pushTuple(std::size_t count) {
    std::vector<const Value*> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push(Tuple{std::move(items)});
  }

  /// The stack above the last mark; a mark hides what lies below it.
  std::size_t depth() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Value* top() const {
    if (depth() == 0) refuse("its pickle takes more from the stack than it put there");
    return stack_.back();
  }

  Value* pop() {
    Value* value = top();
    stack_.pop_back();
    return value;
  }

  std::vector<const Value*> popToMark() {
    if (marks_.empty()) refuse("its pickle lacks a mark");
    const std::vector<const Value*> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()),
                                          stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void remember(std::uint32_t index) {
    Value* value = top();
    requireRoom(memo_.size(), "memos");
    memo_[index] = value;
  }

  void recall(std::uint32_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end())
      refuse("its pickle asks for memo " + std::to_string(index) + ", which is not there");
    requireRoom(stack_.size(), "values on its stack");
    stack_.push_back(found->second);
  }

  void append(const std::vector<const Value*>& items) {
    auto* list = std::get_if<List>(&top()->content);
    if (list == nullptr) refuse("its pickle appends to something that is not a list");
    list->items.insert(list->items.end(), items.begin(), items.end());
  }

  void setItems(const std::vector<const Value*>& items) {
    const Value* target = top();
    auto* dict = std::get_if<Dict>(&top()->content);
    if (dict == nullptr) refuse("its pickle sets items of something that is not a dict");
    if (items.size() % 2 != 0) refuse("its pickle gives a dict a key without a value");
    // One list may be turned into any number of dicts.
    entries_ += items.size() / 2;
    requireRoom(entries_, "dict entries");
    Keys& keys = keys_[target];
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const auto* text = std::get_if<std::string>(&items[i]->content);
      const auto* number = std::get_if<std::int64_t>(&items[i]->content);
      if (text == nullptr && number == nullptr)
        refuse("its pickle has a dict key that is neither text nor integer");
      const bool fresh =
          text != nullptr ? keys.insert(std::string_view(*text)).second : keys.insert(*number).second;
      if (!fresh) {
        refuse("its pickle has the key " + (text != nullptr ? printable(*text) : std::to_string(*number)) +
               " twice");
      }
      dict->entries.emplace_back(items[i], items[i + 1]);
    }
  }

  /// The argument that Python 2 gave to OrderedDict: a list of [key, value] lists.
  static std::vector<const Value*> pairsOf(const std::vector<const Value*>& arguments) {
    const auto* list = std::get_if<List>(&arguments.front()->content);
    if (arguments.size() != 1 || list == nullptr)
      refuse("its pickle gives OrderedDict something that is not a list");
    std::vector<const Value*> items;
    for (const Value* item : list->items) {
      const auto* pair = std::get_if<List>(&item->content);
      if (pair == nullptr || pair->items.size() != 2)
        refuse("its pickle gives OrderedDict an entry that is no pair");
      items.insert(items.end(), pair->items.begin(), pair->items.end());
    }
    return items;
  }

  void reduce() {
    const auto* arguments = std::get_if<Tuple>(&pop()->content);
    const auto* callable = std::get_if<Callable>(&pop()->content);
    if (arguments == nullptr || callable == nullptr)
      refuse("its pickle calls something that is not callable");
    switch (*callable) {
      case Callable::kOrderedDict:
        push(Dict{.ordered = true, .attributes = nullptr, .entries = {}});
        if (!arguments->items.empty()) setItems(pairsOf(arguments->items));
        break;
      case Callable::kRebuildTensor:
      case Callable::kRebuildTensorV2:
        push(tensorReference(arguments->items));
        break;
      case Callable::kParameter:
        if (arguments->items.empty()) {
          push(EmptyParameter{});
          break;
        }
        [[fallthrough]];
      case Callable::kRebuildParameter: {
        const auto* tensor =
            arguments->items.empty() ? nullptr : std::get_if<TensorReference>(&arguments->items[0]->content);
        if (tensor == nullptr) refuse("its pickle gives a parameter without a tensor");
        push(*tensor);
        break;
      }
    }
  }

  /// A state_dict carries `{'_metadata': versions}`; a Parameter of PyTorch before 0.4 its flags, or its
  /// tensor and flags, of which only the tensor counts here.
  void build() {
    const Value* state = pop();
    Value* target = top();
    if (auto* dict = std::get_if<Dict>(&target->content); dict != nullptr && dict->ordered) {
      if (!std::holds_alternative<Dict>(state->content) || dict->attributes != nullptr)
        refuse("its pickle gives an OrderedDict attributes that are not one dict");
      dict->attributes = state;
      return;
    }
    const bool is_tensor = std::holds_alternative<TensorReference>(target->content);
    const auto* fields = std::get_if<Tuple>(&state->content);
    if (fields != nullptr && fields->items.size() == 3 && is_tensor) return;
    const auto* tensor = fields != nullptr && fields->items.size() == 5
                             ? std::get_if<TensorReference>(&fields->items[0]->content)
                             : nullptr;
    if (tensor == nullptr || !(is_tensor || std::holds_alternative<EmptyParameter>(target->content)))
      refuse("its pickle sets attributes of something that has none");
    // A copy first: `tensor` may be the target itself.
    target->content = TensorReference(*tensor);
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  Document document_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, Value*> memo_;
  std::unordered_map<const Value*, Keys> keys_;
  std::size_t entries_ = 0;
};

}  // namespace

Document unpickle(std::span<const std::uint8_t> bytes) {
  return Machine(bytes).run();
}

}  // namespace torchwing::pickle
