#include <algorithm>
#include <array>

#include "tests/literals/extract.h"
#include "tests/literals/letters.h"

namespace pith::literals {
namespace {

constexpr std::size_t kLongestQuote = 400;  // bytes; beyond it is a passage, not a literal

/// text[at] is the closing mark, not an escaped one.
bool closes(std::string_view text, std::size_t at, std::string_view mark, char opened) {
  if (!text.substr(at).starts_with(mark)) return false;
  if (mark.size() > 1) return true;
  if (text[at - 1] == '\\') return false;
  // An apostrophe inside a word ends nothing.
  return opened != '\'' || at_word_end(text, at + 1);
}

/// `code`, ``code``: as many ticks close as open. Ticks without an end are passed over.
std::size_t ticked(std::string_view text, std::size_t at, std::size_t& next) {
  const auto tick = [](char c) { return c == '`'; };
  const std::size_t inside = skip(text, at, tick);
  next = inside;
  for (std::size_t i = inside; i < text.size() && i - at <= kLongestQuote && text[i] != '\n';) {
    const std::size_t end = skip(text, i, tick);
    if (end - i == inside - at) return end;
    i = std::max(end, i + 1);
  }
  return at;
}

/// The end of the quotation that opens at `at`, or `at`.
std::size_t plain_quote(std::string_view text, std::size_t at) {
  const char mark = text[at];
  if (!at_word_start(text, at)) return at;  // 5", rock 'n' roll's
  if (mark == '\'' && ((at > 0 && text[at - 1] == '\'') || text.substr(at).starts_with("'s ")))
    return at;  // "Toyota 's" of tokenised text
  for (std::size_t i = at + 1; i < text.size() && i - at <= kLongestQuote; ++i) {
    if (text[i] == '\n') return at;
    if (closes(text, i, text.substr(at, 1), mark)) return i == at + 1 ? at : i + 1;
  }
  return at;
}

struct Marks {
  std::string_view open, close;
};
constexpr std::array<Marks, 6> kMarks = {
    {{"“", "”"}, {"„", "“"}, {"«", "»"}, {"「", "」"}, {"『", "』"}, {"\\\"", "\\\""}}};

std::size_t marked_quote(std::string_view text, std::size_t at) {
  for (const Marks& marks : kMarks) {
    if (!text.substr(at).starts_with(marks.open)) continue;
    for (std::size_t i = at + marks.open.size(); i < text.size() && i - at <= kLongestQuote; ++i) {
      if (text[i] == '\n') break;
      if (closes(text, i, marks.close, '\0')) return i + marks.close.size();
    }
  }
  return at;
}

}  // namespace

void append_quoted(std::string_view text, std::vector<Literal>& out) {
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    std::size_t end = at;
    const bool empty = (c == '"' || c == '\'') && char_at(text, at + 1) == c;
    std::size_t next = empty ? at + 2 : at + (c == '\\' && char_at(text, at + 1) == '"' ? 2 : 1);
    if (c == '`') {
      end = ticked(text, at, next);
    } else if (empty) {
      end = at;
    } else if (c == '"' || c == '\'') {
      end = plain_quote(text, at);
    } else if (c == '\\' || static_cast<unsigned char>(c) >= 0x80) {
      end = marked_quote(text, at);
    }
    if (end > at) out.push_back({LiteralClass::kQuoted, at, end});
    at = end > at ? end : next;
  }
}

}  // namespace pith::literals
