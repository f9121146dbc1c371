// A field of a JSON file that knows its name, for errors that say which.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "messages/result.h"

namespace pith {

/// Valid while its parser is. Errors: kFileUnreadable, with `name`.
class JsonField {
 public:
  JsonField(simdjson::dom::element value, std::string name)
      : value_(value), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  /// A member that is there and not null.
  std::optional<JsonField> find(std::string_view key) const;
  Result<JsonField> at(std::string_view key) const;

  Result<std::string_view> string() const;
  Result<double> number() const;
  /// 0 .. 2^30.
  Result<std::int32_t> index() const;
  Result<bool> boolean() const;
  Result<simdjson::dom::array> array() const;
  Result<simdjson::dom::object> object() const;

  /// The value of a member, or `otherwise` where it is missing or null.
  Result<bool> boolean(std::string_view key, bool otherwise) const;
  Result<std::string_view> string(std::string_view key, std::string_view otherwise) const;

  JsonField element(simdjson::dom::element value, std::size_t place) const {
    return {value, name_ + "[" + std::to_string(place) + "]"};
  }
  Error error(std::string_view what) const {
    return {ErrorCode::kFileUnreadable, name_ + ": " + std::string(what)};
  }

 private:
  template <class T>
  Result<T> as(std::string_view kind) const {
    T value;
    if (value_.get(value) != simdjson::SUCCESS) return error("not " + std::string(kind));
    return value;
  }

  simdjson::dom::element value_;
  std::string name_;
};

}  // namespace pith
