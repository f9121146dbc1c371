// What the edge knows of header names.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pith {

/// The headers that a proxy must treat itself; everything else passes as it came.
enum class HeaderKind : std::uint8_t {
  kOther,
  kHost,
  kContentLength,
  kTransferEncoding,
  kConnection,
  kUpgrade,
  kExpect,
  kVia,
  kHopByHop,  ///< keep-alive, proxy-connection, proxy-authenticate, proxy-authorization, te,
              ///< trailer.
  kPith,      ///< x-pith-*
};
HeaderKind header_kind(std::string_view name);

/// One header line: views into the bytes that were parsed.
struct HeaderView {
  std::string_view name, value;
  HeaderKind kind = HeaderKind::kOther;
};

bool iequals(std::string_view a, std::string_view b);
/// tchar of RFC 9110: what method and header names are made of.
bool is_token_char(unsigned char c);
std::string_view trim_blanks(std::string_view text);

/// Calls `each` with every element of a comma-separated list, blanks trimmed, empty elements
/// skipped.
template <class Each>
void for_each_element(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim_blanks(list.substr(0, comma));
    if (!element.empty()) each(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool list_has(std::string_view list, std::string_view element);

}  // namespace pith
