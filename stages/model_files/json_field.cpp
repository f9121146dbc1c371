#include "stages/model_files/json_field.h"

#include <charconv>

#include "stages/model_files/json_text.h"

namespace pith {
namespace {

/// Where the part of an object or array behind `at` begins: at its first byte, or at text.size().
std::size_t next_part(std::string_view text, std::size_t at) {
  at = json_begin(text, at);
  if (text[at] == ',') at = json_begin(text, at + 1);
  return text[at] == '}' || text[at] == ']' ? text.size() : at;
}

bool is_key(std::string_view quoted, std::string_view key) {
  if (quoted.find('\\') != std::string_view::npos) return json_unescaped(quoted) == key;
  return quoted.substr(1, quoted.size() - 2) == key;
}

}  // namespace

Result<JsonField> JsonField::parse(std::string_view document) {
  if (const auto fault = json_fault(document)) {
    return Error{ErrorCode::kFileUnreadable, "JSON: " + *fault};
  }
  const std::size_t begin = json_begin(document, 0);
  return JsonField(document.substr(begin, json_end(document, begin) - begin), "");
}

std::optional<JsonField> JsonField::find(std::string_view key) const {
  if (text_.front() != '{') return std::nullopt;
  const JsonMembers::Iterator end(this, text_, text_.size());
  for (JsonMembers::Iterator at(this, text_, 1); !(at == end); ++at) {
    if (!is_key(at.raw_key(), key)) continue;
    JsonField found = member(at.raw_value(), key);
    if (found.is_null()) return std::nullopt;
    return found;
  }
  return std::nullopt;
}

Result<JsonField> JsonField::at(std::string_view key) const {
  if (auto member = find(key)) return *std::move(member);
  return error("no \"" + printable_name(key) + "\"");
}

JsonField JsonField::member(std::string_view text, std::string_view key) const {
  const std::string printable = printable_name(key);
  return {text, name_.empty() ? printable : name_ + "." + printable};
}

Result<std::string> JsonField::string() const {
  if (text_.front() != '"') return error("not a string");
  return json_unescaped(text_);
}

Result<double> JsonField::number() const {
  double value = 0;
  const auto read = std::from_chars(text_.data(), text_.data() + text_.size(), value);
  // "nan" and "inf", which from_chars would take, are no JSON.
  if (read.ec != std::errc() || read.ptr != text_.data() + text_.size()) {
    return error("not a number, or out of range");
  }
  return value;
}

Result<std::int64_t> JsonField::integer(std::int64_t least, std::int64_t most) const {
  std::int64_t value = 0;
  const auto read = std::from_chars(text_.data(), text_.data() + text_.size(), value);
  if (read.ec == std::errc::invalid_argument || read.ptr != text_.data() + text_.size()) {
    return error("not an integer");
  }
  if (read.ec != std::errc() || value < least || value > most) {
    return error("out of range: least=" + std::to_string(least) + " most=" + std::to_string(most));
  }
  return value;
}

Result<std::int32_t> JsonField::index() const {
  const auto value = integer(0, 1 << 30);
  if (!value) return error("not an index");
  return static_cast<std::int32_t>(*value);
}

Result<bool> JsonField::boolean() const {
  if (text_ == "true") return true;
  if (text_ == "false") return false;
  return error("not true or false");
}

Result<JsonElements> JsonField::elements() const {
  if (text_.front() != '[') return error("not an array");
  return JsonElements(*this, text_);
}

Result<JsonMembers> JsonField::members() const {
  if (text_.front() != '{') return error("not an object");
  return JsonMembers(*this, text_);
}

Result<bool> JsonField::boolean(std::string_view key, bool otherwise) const {
  const auto member = find(key);
  return member ? member->boolean() : Result<bool>(otherwise);
}

Result<std::string> JsonField::string(std::string_view key, std::string_view otherwise) const {
  const auto member = find(key);
  return member ? member->string() : Result<std::string>(std::string(otherwise));
}

JsonElements::Iterator::Iterator(const JsonField* whole, std::string_view text, std::size_t at)
    : whole_(whole), text_(text), at_(at), end_(at) {
  if (at_ < text_.size()) at_ = next_part(text_, at_);
  if (at_ < text_.size()) end_ = json_end(text_, at_);
}

JsonElements::Iterator& JsonElements::Iterator::operator++() {
  at_ = next_part(text_, end_);
  if (at_ < text_.size()) end_ = json_end(text_, at_);
  ++place_;
  return *this;
}

JsonMembers::Iterator::Iterator(const JsonField* whole, std::string_view text, std::size_t at)
    : whole_(whole), text_(text), at_(at), end_(at) {
  if (at_ < text_.size()) ++*this;
}

JsonMembers::Iterator& JsonMembers::Iterator::operator++() {
  at_ = next_part(text_, end_);
  if (at_ == text_.size()) return *this;
  key_end_ = json_end(text_, at_);
  value_ = json_begin(text_, json_begin(text_, key_end_) + 1);
  end_ = json_end(text_, value_);
  return *this;
}

JsonMember JsonMembers::Iterator::operator*() const {
  std::string key = json_unescaped(raw_key());
  JsonField value = whole_->member(raw_value(), key);
  return {std::move(key), std::move(value)};
}

}  // namespace pith
