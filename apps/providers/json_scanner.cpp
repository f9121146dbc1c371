// JsonTree::parse: one pass over the bytes, without recursion.
#include <simdjson.h>

#include <algorithm>
#include <limits>

#include "apps/providers/json_string.h"
#include "apps/providers/json_tree.h"

namespace pith {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text)
      : begin_(text.data()), p_(begin_), end_(begin_ + text.size()) {
    tree_.text_ = text;
    tree_.nodes_.reserve(std::min<std::size_t>(text.size() / 24 + 8, JsonTree::kNodesMax));
  }

  Result<JsonTree> run() {
    if (!document())
      return {ErrorCode::kNotEditable,
              reason_ + std::string(": byte=") + std::to_string(p_ - begin_)};
    return std::move(tree_);
  }

 private:
  struct Open {
    std::uint32_t index;
    bool object;
    bool check_keys;         // two keys fell into one bit of `seen`, or a key is escaped
    std::uint64_t seen = 0;  // a 64-bit Bloom filter of the keys: most objects need no closer look
  };

  bool fail(const char* reason) {
    reason_ = reason;
    return false;
  }

  char peek() const { return p_ == end_ ? '\0' : *p_; }

  void skip_blanks() {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
  }

  std::uint32_t offset() const { return static_cast<std::uint32_t>(p_ - begin_); }

  std::uint32_t push(JsonType type) {
    const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
    tree_.nodes_.push_back({offset(), offset(), index + 1, type, false, false});
    return index;
  }

  bool document() {
    if (p_ != end_ && static_cast<unsigned char>(*p_) == 0xEF) return fail("byte order mark");
    if (!value_start()) return false;
    while (!open_.empty()) {
      if (!step()) return false;
    }
    skip_blanks();
    return p_ == end_ || fail("invalid JSON after the document");
  }

  // After a value inside a container: a comma and the next value, or the container's end.
  bool step() {
    skip_blanks();
    const bool object = open_.back().object;
    const char c = peek();
    if (c == (object ? '}' : ']')) return close();
    if (c != ',') return fail("invalid JSON");
    ++p_;
    return (!object || key()) && value_start();
  }

  // `"key":`
  bool key() {
    skip_blanks();
    if (peek() != '"') return fail("invalid JSON");
    const auto key_index = static_cast<std::uint32_t>(tree_.nodes_.size());
    if (!string()) return false;
    note_key(tree_.nodes_[key_index]);
    skip_blanks();
    if (peek() != ':') return fail("invalid JSON");
    ++p_;
    return true;
  }

  void note_key(const JsonNode& key) {
    Open& object = open_.back();
    std::uint32_t hash = key.end - key.begin;
    if (hash != 0) {
      hash += 7U * static_cast<unsigned char>(begin_[key.begin]) +
              31U * static_cast<unsigned char>(begin_[key.end - 1]) +
              3U * static_cast<unsigned char>(begin_[(key.begin + key.end) / 2]);
    }
    const std::uint64_t bit = std::uint64_t{1} << (hash & 63U);
    object.check_keys = object.check_keys || key.escaped || (object.seen & bit) != 0;
    object.seen |= bit;
  }

  // A scalar is read whole; a container is opened, and its first value started.
  bool value_start() {
    for (;;) {
      skip_blanks();
      if (tree_.nodes_.size() >= JsonTree::kNodesMax) return fail("too many values");
      switch (peek()) {
        case '"':
          return string();
        case '{':
          if (!open(JsonType::kObject)) return false;
          skip_blanks();
          if (peek() == '}') return close();
          if (!key()) return false;
          continue;  // not a call: nesting must not use the stack
        case '[':
          if (!open(JsonType::kArray)) return false;
          skip_blanks();
          if (peek() == ']') return close();
          continue;
        case 't':
          return word("true", JsonType::kTrue);
        case 'f':
          return word("false", JsonType::kFalse);
        case 'n':
          return word("null", JsonType::kNull);
        default:
          return number();
      }
    }
  }

  bool open(JsonType type) {
    if (open_.size() == JsonTree::kDepthMax) return fail("nested deeper than 512");
    open_.push_back({push(type), type == JsonType::kObject, false});
    ++p_;
    return true;
  }

  bool close() {
    ++p_;
    JsonNode& node = tree_.nodes_[open_.back().index];
    node.end = offset();
    node.next = static_cast<std::uint32_t>(tree_.nodes_.size());
    if (open_.back().check_keys) node.duplicate = key_twice(open_.back().index);
    open_.pop_back();
    return true;
  }

  bool key_twice(std::uint32_t object) const {
    std::vector<std::string> keys;
    const std::uint32_t last = tree_.nodes_[object].next;
    for (std::uint32_t key = object + 1; key < last; key = tree_.nodes_[key + 1].next) {
      const JsonNode& node = tree_.nodes_[key];
      const std::string_view raw(begin_ + node.begin, node.end - node.begin);
      keys.push_back(node.escaped ? decode_json_string(raw) : std::string(raw));
    }
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
  }

  bool word(std::string_view text, JsonType type) {
    if (static_cast<std::size_t>(end_ - p_) < text.size() ||
        std::string_view(p_, text.size()) != text) {
      return fail("invalid JSON");
    }
    const std::uint32_t index = push(type);
    p_ += text.size();
    tree_.nodes_[index].end = offset();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return fail("invalid JSON");
    while (p_ != end_ && is_digit(*p_)) ++p_;
    return true;
  }

  bool number() {
    const std::uint32_t index = push(JsonType::kNumber);
    if (peek() == '-') ++p_;
    if (peek() == '0') {
      ++p_;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++p_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++p_;
      if (peek() == '+' || peek() == '-') ++p_;
      if (!digits()) return false;
    }
    tree_.nodes_[index].end = offset();
    return true;
  }

  bool string() {
    ++p_;
    const std::uint32_t index = push(JsonType::kString);
    for (;;) {
      p_ = find_string_special(p_, end_);
      if (p_ == end_) return fail("invalid JSON: unfinished string");
      if (*p_ == '"') break;
      if (*p_ != '\\') return fail("invalid JSON: control character in a string");
      tree_.nodes_[index].escaped = true;
      if (!escape()) return false;
    }
    tree_.nodes_[index].end = offset();
    ++p_;
    return true;
  }

  bool escape() {
    ++p_;
    switch (peek()) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        ++p_;
        return true;
      case 'u':
        break;
      default:
        return fail("invalid JSON: escape");
    }
    std::uint32_t unit = 0;
    if (!hex4(unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    if (unit > 0xDBFF || peek() != '\\') return fail("lone surrogate");
    ++p_;
    if (peek() != 'u') return fail("lone surrogate");
    if (!hex4(unit)) return false;
    return (unit >= 0xDC00 && unit <= 0xDFFF) || fail("lone surrogate");
  }

  // At the `u`.
  bool hex4(std::uint32_t& unit) {
    if (end_ - p_ < 5 || !std::all_of(p_ + 1, p_ + 5, is_hex)) return fail("invalid JSON: escape");
    unit = read_hex4(p_ + 1);
    p_ += 5;
    return true;
  }

  const char* begin_;
  const char* p_;
  const char* end_;
  const char* reason_ = "";
  JsonTree tree_;
  std::vector<Open> open_;
};

Result<JsonTree> JsonTree::parse(std::string_view text) {
  if (text.size() > std::numeric_limits<std::int32_t>::max())
    return {ErrorCode::kNotEditable, "body over 2 GiB"};
  if (!simdjson::validate_utf8(text.data(), text.size()))
    return {ErrorCode::kNotEditable, "invalid UTF-8"};
  return JsonScanner(text).run();
}

}  // namespace pith
