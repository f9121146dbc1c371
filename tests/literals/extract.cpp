#include "tests/literals/extract.h"

#include <algorithm>

#include "tests/literals/letters.h"

namespace pith::literals {

std::string_view literal_class_name(LiteralClass literal_class) {
  switch (literal_class) {
    case LiteralClass::kNumber:
      return "number";
    case LiteralClass::kDateTime:
      return "date, time";
    case LiteralClass::kVersion:
      return "version";
    case LiteralClass::kAddress:
      return "address, port";
    case LiteralClass::kId:
      return "id, hash";
    case LiteralClass::kIdentifier:
      return "identifier";
    case LiteralClass::kPath:
      return "path";
    case LiteralClass::kUrl:
      return "url";
    case LiteralClass::kEmail:
      return "e-mail";
    case LiteralClass::kQuoted:
      return "quoted";
    case LiteralClass::kNegation:
      return "negation";
  }
  return "";
}

void append_technical(std::string_view text, std::vector<Literal>& out) {
  std::size_t at = 0;
  while (at < text.size()) {
    Literal longest{LiteralClass::kNumber, at, at};
    if (at_word_start(text, at)) {
      for (const auto* readings : {&numeric_readings(), &name_readings()}) {
        for (const ClassReading& reading : *readings) {
          const std::size_t end = reading.read(text, at);
          if (end > longest.end) longest = {reading.literal_class, at, end};
        }
      }
    }
    if (longest.end > at) {
      out.push_back(longest);
      at = longest.end;
      // "3-5", "v2/x": what follows at once begins anew, so the next place counts as a start.
    } else {
      at += std::max<std::size_t>(1, code_point_at(text, at).length);
    }
  }
}

std::vector<Literal> extract_literals(std::string_view text) {
  std::vector<Literal> literals;
  append_technical(text, literals);
  append_quoted(text, literals);
  append_negations(text, literals);
  std::ranges::stable_sort(literals, {}, &Literal::begin);
  return literals;
}

}  // namespace pith::literals
