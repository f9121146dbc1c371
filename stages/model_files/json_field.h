// A field of a JSON file that knows its name, for errors that say which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "messages/result.h"

namespace pith {

class JsonElements;
class JsonMembers;

/// A value where it stands in a checked document, which must outlive it. Nothing is stored of the
/// document: what is asked for is found again each time, and strings are copied out.
/// Errors: kFileUnreadable, with `name`.
class JsonField {
 public:
  /// The whole of `document`. Memory: as json_fault. Errors: kFileUnreadable: no valid JSON.
  static Result<JsonField> parse(std::string_view document);
  static Result<JsonField> parse(std::span<const std::uint8_t> document) {
    return parse({reinterpret_cast<const char*>(document.data()), document.size()});
  }

  /// `text`: exactly one value.
  JsonField(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  bool is_null() const { return text_ == "null"; }
  /// A member that is there and not null.
  std::optional<JsonField> find(std::string_view key) const;
  Result<JsonField> at(std::string_view key) const;

  Result<std::string> string() const;
  Result<double> number() const;
  /// A number without fraction and exponent, least .. most.
  Result<std::int64_t> integer(std::int64_t least, std::int64_t most) const;
  /// 0 .. 2^30.
  Result<std::int32_t> index() const;
  Result<bool> boolean() const;
  /// Ranges for `for`.
  Result<JsonElements> elements() const;
  Result<JsonMembers> members() const;

  /// The value of a member, or `otherwise` where it is missing or null.
  Result<bool> boolean(std::string_view key, bool otherwise) const;
  Result<std::string> string(std::string_view key, std::string_view otherwise) const;

  /// A part of this value, named after it.
  JsonField element(std::string_view text, std::size_t place) const {
    return {text, name_ + "[" + std::to_string(place) + "]"};
  }
  JsonField member(std::string_view text, std::string_view key) const;
  Error error(std::string_view what) const {
    return {ErrorCode::kFileUnreadable,
            (name_.empty() ? std::string("the file") : name_) + ": " + std::string(what)};
  }

 private:
  std::string_view text_;
  std::string name_;
};

/// The elements of an array, one after the other.
class JsonElements {
 public:
  class Iterator {
   public:
    using value_type = JsonField;
    using reference = JsonField;
    using pointer = void;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator(const JsonField* whole, std::string_view text, std::size_t at);
    JsonField operator*() const { return whole_->element(text_.substr(at_, end_ - at_), place_); }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const JsonField* whole_;
    std::string_view text_;
    std::size_t at_;
    std::size_t end_;
    std::size_t place_ = 0;
  };

  JsonElements(JsonField whole, std::string_view text) : whole_(std::move(whole)), text_(text) {}
  Iterator begin() const { return {&whole_, text_, 1}; }
  Iterator end() const { return {&whole_, text_, text_.size()}; }

 private:
  JsonField whole_;
  std::string_view text_;
};

/// A member of an object: its name alone, and its value, which is named after the object too.
struct JsonMember {
  std::string key;
  JsonField value;
};

/// The members of an object, in the file's order.
class JsonMembers {
 public:
  class Iterator {
   public:
    using value_type = JsonMember;
    using reference = JsonMember;
    using pointer = void;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator(const JsonField* whole, std::string_view text, std::size_t at);
    JsonMember operator*() const;
    /// The key as it stands there, with quotes.
    std::string_view raw_key() const { return text_.substr(at_, key_end_ - at_); }
    std::string_view raw_value() const { return text_.substr(value_, end_ - value_); }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const JsonField* whole_;
    std::string_view text_;
    std::size_t at_;
    std::size_t key_end_ = 0;
    std::size_t value_ = 0;
    std::size_t end_ = 0;
  };

  JsonMembers(JsonField whole, std::string_view text) : whole_(std::move(whole)), text_(text) {}
  Iterator begin() const { return {&whole_, text_, 1}; }
  Iterator end() const { return {&whole_, text_, text_.size()}; }

 private:
  JsonField whole_;
  std::string_view text_;
};

}  // namespace pith
