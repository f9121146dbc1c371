#include "stages/structure/kept_tags.h"

#include <array>
#include <string>
#include <unordered_set>

namespace pith {
namespace {

bool is_tag_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool keeps(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames = {
      "pith-keep", "system",       "important",       "rules",        "constraints",
      "critical",  "command-name", "command-message", "command-args", "user-prompt-submit-hook",
      "policy",    "warning"};
  for (const std::string_view kept : kNames) {
    if (name == kept) return true;
  }
  return name.find("reminder") != std::string_view::npos ||
         name.find("instruction") != std::string_view::npos;
}

}  // namespace

std::vector<ByteSpan> kept_tag_blocks(std::string_view text) {
  std::vector<ByteSpan> blocks;
  std::unordered_set<std::string>
      unclosed;  // names without a closing tag further on: searched once each
  constexpr std::size_t kUnclosedMax =
      16;  // and only so many, or strange names would make this quadratic
  std::size_t at = 0;
  while ((at = text.find('<', at)) != std::string_view::npos) {
    std::size_t name_end = at + 1;
    while (name_end < text.size() && name_end - at <= 48 && is_tag_name(text[name_end])) ++name_end;
    const std::string_view name = text.substr(at + 1, name_end - at - 1);
    const bool opens = name_end < text.size() && (text[name_end] == '>' || text[name_end] == ' ');
    if (!opens || !keeps(name)) {
      at = name_end;
      continue;
    }
    const std::size_t open_end = text.find_first_of("<>\n", name_end);
    if (open_end == std::string_view::npos || text[open_end] != '>') {
      at = name_end;
      continue;
    }
    std::size_t end = open_end + 1;
    if (text[open_end - 1] != '/' && unclosed.size() < kUnclosedMax &&
        !unclosed.contains(std::string(name))) {
      const std::string closing = "</" + std::string(name) + ">";
      const std::size_t close = text.find(closing, end);
      if (close == std::string_view::npos) {
        unclosed.insert(std::string(name));
      } else {
        end = close + closing.size();
      }
    }
    blocks.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
    at = end;
  }
  return blocks;
}

}  // namespace pith
