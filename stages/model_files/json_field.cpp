#include "stages/model_files/json_field.h"

namespace pith {

std::optional<JsonField> JsonField::find(std::string_view key) const {
  simdjson::dom::object members;
  simdjson::dom::element member;
  if (value_.get(members) != simdjson::SUCCESS ||
      members.at_key(key).get(member) != simdjson::SUCCESS || member.is_null()) {
    return std::nullopt;
  }
  return JsonField(member, name_.empty() ? std::string(key) : name_ + "." + std::string(key));
}

Result<JsonField> JsonField::at(std::string_view key) const {
  if (auto member = find(key)) return *std::move(member);
  return error("no \"" + std::string(key) + "\"");
}

Result<std::string_view> JsonField::string() const { return as<std::string_view>("a string"); }
Result<double> JsonField::number() const { return as<double>("a number"); }
Result<bool> JsonField::boolean() const { return as<bool>("true or false"); }
Result<simdjson::dom::array> JsonField::array() const {
  return as<simdjson::dom::array>("an array");
}
Result<simdjson::dom::object> JsonField::object() const {
  return as<simdjson::dom::object>("an object");
}

Result<std::int32_t> JsonField::index() const {
  std::int64_t value = -1;
  if (value_.get(value) != simdjson::SUCCESS || value < 0 || value > (1 << 30)) {
    return error("not an index");
  }
  return static_cast<std::int32_t>(value);
}

Result<bool> JsonField::boolean(std::string_view key, bool otherwise) const {
  const auto member = find(key);
  return member ? member->boolean() : Result<bool>(otherwise);
}

Result<std::string_view> JsonField::string(std::string_view key, std::string_view otherwise) const {
  const auto member = find(key);
  return member ? member->string() : Result<std::string_view>(otherwise);
}

}  // namespace pith
