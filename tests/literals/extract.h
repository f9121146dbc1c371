// The literals of a text, listed by rules of their own: nothing here comes from stages/select, so
// that a class which the compressor protects wrongly is not excused by the list it is judged by.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace pith::literals {

enum class LiteralClass {
  kNumber,      ///< 7, -3.5, 1,024, 0x1F, 45%, 12ms, 1e-9
  kDateTime,    ///< 2024-05-01, 12:30:05.123, Mar 3, 9 PM, 2024年5月1日
  kVersion,     ///< 1.2.3, v2.0, 4.18.0-rc1
  kAddress,     ///< IPv4, IPv6, MAC, host:port
  kId,          ///< letters with digits: HAT062, #W123, gift_card_123, hashes, UUIDs
  kIdentifier,  ///< snake_case, camelCase, a.b.c, a::b, f(), --flag, $VAR, @name
  kPath,        ///< /usr/lib, C:\x, ./a, src/main.cpp
  kUrl,
  kEmail,
  kQuoted,    ///< "...", '...', `...`, and other quotation marks, on one line
  kNegation,  ///< not, n't, nicht, ne ... pas, sin, не, 不, ない ...
};
inline constexpr int kNumLiteralClasses = 11;
std::string_view literal_class_name(LiteralClass literal_class);

struct Literal {
  LiteralClass literal_class;
  std::size_t begin, end;  ///< Bytes of the text.
};

/// All literals, sorted by begin. Three layers that may overlap one another, so that a number
/// inside a quoted string counts as both: quoted strings; negations; everything else, where the
/// longest reading at a place wins. Inside a layer literals are disjoint.
std::vector<Literal> extract_literals(std::string_view text);

/// One layer each.
void append_quoted(std::string_view text, std::vector<Literal>& out);
void append_negations(std::string_view text, std::vector<Literal>& out);
void append_technical(std::string_view text, std::vector<Literal>& out);

/// A reading at text[at]: where it ends, or `at` when there is none.
using Reading = std::size_t (*)(std::string_view text, std::size_t at);
struct ClassReading {
  LiteralClass literal_class;
  Reading read;
};
/// Of numbers, dates, versions and addresses; of names, paths and links.
const std::vector<ClassReading>& numeric_readings();
const std::vector<ClassReading>& name_readings();

}  // namespace pith::literals
