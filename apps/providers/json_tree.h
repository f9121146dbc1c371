// A JSON document as positions: strictly checked, nothing copied, every value knows its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/result.h"

namespace pith {

enum class JsonType : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

/// One value, or one key. Children follow their container; in an object keys and values take turns.
struct JsonNode {
  std::uint32_t begin = 0;  ///< First byte; of a string: after its quote.
  std::uint32_t end = 0;    ///< One past the last byte; of a string: its closing quote.
  std::uint32_t next = 0;   ///< Index of the node after this one and all inside it.
  JsonType type = JsonType::kNull;
  bool escaped = false;    ///< A string with a backslash in it.
  bool duplicate = false;  ///< An object in which a key stands twice (keys compared decoded).
};

class JsonValue;

/// The whole document. Keeps a view: `text` must live as long.
class JsonTree {
 public:
  static constexpr std::size_t kDepthMax = 512;
  static constexpr std::size_t kNodesMax =
      4'000'000;  ///< 64 MiB of nodes; a body of more values is left alone.

  /// RFC 8259 and nothing else: a BOM, NaN, comments, trailing commas, invalid UTF-8 and, stricter,
  /// lone surrogate escapes are errors. Errors: kNotEditable.
  static Result<JsonTree> parse(std::string_view text);

  JsonValue root() const;
  std::string_view text() const { return text_; }
  const JsonNode& node(std::uint32_t index) const { return nodes_[index]; }

 private:
  friend class JsonScanner;
  std::string_view text_;
  std::vector<JsonNode> nodes_;
};

/// A place in a tree, or nothing: a look-up that finds nothing gives a value of which all look-ups
/// find nothing, so that adapters need not check each step.
class JsonValue {
 public:
  JsonValue() = default;
  JsonValue(const JsonTree* tree, std::uint32_t index) : tree_(tree), index_(index) {}

  bool exists() const { return tree_ != nullptr; }
  bool is(JsonType type) const { return exists() && node().type == type; }
  bool is_string() const { return is(JsonType::kString); }
  bool is_array() const { return is(JsonType::kArray); }
  bool is_object() const { return is(JsonType::kObject); }
  /// There, and neither null nor false: what a client switched on or filled in.
  bool is_set() const { return exists() && !is(JsonType::kNull) && !is(JsonType::kFalse); }

  /// The bytes of the value; of a string those between the quotes.
  ByteSpan span() const { return {node().begin, node().end}; }
  std::string_view raw() const {
    return tree_->text().substr(node().begin, node().end - node().begin);
  }

  /// A string's text; empty when it is no string.
  std::string decoded() const;
  /// Is it a string with this text?
  bool equals(std::string_view text) const;

  /// A field of an object. Nothing when absent, when this is no object, or when any key stands
  /// twice in it: parsers differ in which one wins, so such an object is left alone with all inside
  /// it.
  JsonValue operator[](std::string_view key) const;
  bool has_duplicate_keys() const { return is_object() && node().duplicate; }

  class Iterator {
   public:
    Iterator(const JsonTree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
    JsonValue operator*() const { return {tree_, index_}; }
    Iterator& operator++() {
      index_ = tree_->node(index_).next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const JsonTree* tree_;
    std::uint32_t index_;
  };
  struct Range {
    Iterator first;
    Iterator last;
    Iterator begin() const { return first; }
    Iterator end() const { return last; }
  };
  /// The elements of an array; none when it is no array.
  Range items() const;

 private:
  const JsonNode& node() const { return tree_->node(index_); }

  const JsonTree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

}  // namespace pith
