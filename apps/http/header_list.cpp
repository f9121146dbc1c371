#include "apps/http/header_list.h"

#include <array>

#include "apps/http/edge.h"

namespace pith {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c :
       {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kToken = token_table();

}  // namespace

bool is_token_char(unsigned char c) { return kToken[c]; }

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool list_has(std::string_view list, std::string_view element) {
  bool found = false;
  for_each_element(list, [&](std::string_view e) { found = found || iequals(e, element); });
  return found;
}

HeaderKind header_kind(std::string_view name) {
  // By length first: nearly every header of a request falls through without one comparison.
  const auto is = [&](std::string_view known, HeaderKind kind) {
    return iequals(name, known) ? kind : HeaderKind::kOther;
  };
  switch (name.size()) {
    case 2:
      return is("te", HeaderKind::kHopByHop);
    case 3:
      return is("via", HeaderKind::kVia);
    case 4:
      return is("host", HeaderKind::kHost);
    case 6:
      return is("expect", HeaderKind::kExpect);
    case 7:
      if (iequals(name, "upgrade")) return HeaderKind::kUpgrade;
      if (iequals(name, "trailer")) return HeaderKind::kHopByHop;
      break;
    case 10:
      if (iequals(name, "connection")) return HeaderKind::kConnection;
      if (iequals(name, "keep-alive")) return HeaderKind::kHopByHop;
      break;
    case 14:
      if (iequals(name, "content-length")) return HeaderKind::kContentLength;
      break;
    case 16:
      if (iequals(name, "proxy-connection")) return HeaderKind::kHopByHop;
      break;
    case 17:
      if (iequals(name, "transfer-encoding")) return HeaderKind::kTransferEncoding;
      break;
    case 18:
      if (iequals(name, "proxy-authenticate")) return HeaderKind::kHopByHop;
      break;
    case 19:
      if (iequals(name, "proxy-authorization")) return HeaderKind::kHopByHop;
      break;
    default:
      break;
  }
  if (name.size() > 7 && iequals(name.substr(0, 7), "x-pith-")) return HeaderKind::kPith;
  return HeaderKind::kOther;
}

std::string_view find_header(const HeaderList& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (iequals(key, name)) return value;
  }
  return {};
}

}  // namespace pith
