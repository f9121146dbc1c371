#include "apps/providers/json_tree.h"

#include "apps/providers/json_string.h"

namespace pith {

JsonValue JsonTree::root() const { return {this, 0}; }

std::string JsonValue::decoded() const {
  if (!is_string()) return {};
  return node().escaped ? decode_json_string(raw()) : std::string(raw());
}

bool JsonValue::equals(std::string_view text) const {
  if (!is_string()) return false;
  return node().escaped ? decode_json_string(raw()) == text : raw() == text;
}

JsonValue JsonValue::operator[](std::string_view key) const {
  if (!is_object() || node().duplicate) return {};
  for (std::uint32_t i = index_ + 1; i < node().next; i = tree_->node(i + 1).next) {
    if (JsonValue(tree_, i).equals(key)) return {tree_, i + 1};
  }
  return {};
}

JsonValue::Range JsonValue::items() const {
  if (!is_array()) return {{tree_, 0}, {tree_, 0}};
  return {{tree_, index_ + 1}, {tree_, node().next}};
}

}  // namespace pith
