#include "stages/tokenize/bert_normalizer.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "stages/tokenize/bert_characters.h"
#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

/// Calls `use(code point, begin, end)` for every character.
template <class Use>
void for_characters(const NormalizedText& text, Use use) {
  for (std::size_t at = 0; at < text.bytes.size();) {
    const Utf8Char c = utf8_char_at(text.bytes, at);
    use(char32_t{c.code_point}, at, at + c.bytes);
    at += c.bytes;
  }
}

NormalizedText room_for(const NormalizedText& text) {
  NormalizedText out;
  out.reserve(text.bytes.size() + text.bytes.size() / 8);
  return out;
}

void clean(NormalizedText& text) {
  NormalizedText out = room_for(text);
  for_characters(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    if (c == 0 || c == 0xFFFD || bert_control(c)) return;
    if (white_space(c)) {
      out.append(" ", text.span(begin, end));
    } else {
      out.append(text, begin, end);
    }
  });
  text = std::move(out);
}

void set_ideographs_apart(NormalizedText& text) {
  NormalizedText out = room_for(text);
  for_characters(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    const ByteSpan from = text.span(begin, end);
    const bool apart = bert_ideograph(c);
    if (apart) out.append(" ", {from.begin, from.begin});
    out.append(text, begin, end);
    if (apart) out.append(" ", {from.end, from.end});
  });
  text = std::move(out);
}

/// A character of a decomposition; those of class 0 stay where they are, the others are sorted.
struct Decomposed {
  char32_t code_point;
  std::uint8_t combining_class;
  ByteSpan from;
};

void strip_accents(NormalizedText& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  if (nfd == nullptr) return;
  NormalizedText out = room_for(text);
  std::vector<Decomposed> marks;
  const auto write_marks = [&] {
    std::stable_sort(marks.begin(), marks.end(), [](const Decomposed& a, const Decomposed& b) {
      return a.combining_class < b.combining_class;
    });
    for (const Decomposed& mark : marks) {
      if (!nonspacing_mark(mark.code_point)) out.append(mark.code_point, mark.from);
    }
    marks.clear();
  };
  const auto take = [&](char32_t c, ByteSpan from) {
    const std::uint8_t combining_class =
        decomposition_known(c) ? nfd->getCombiningClass(static_cast<UChar32>(c)) : 0;
    if (combining_class == 0) {
      write_marks();
      if (!nonspacing_mark(c)) out.append(c, from);
    } else {
      marks.push_back({c, combining_class, from});
    }
  };
  icu::UnicodeString parts;
  for_characters(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    const ByteSpan from = text.span(begin, end);
    if (c < 0x80 || !decomposition_known(c) ||
        nfd->getDecomposition(static_cast<UChar32>(c), parts) == 0) {
      return take(c, from);
    }
    for (std::int32_t at = 0; at < parts.length(); at = parts.moveIndex32(at, 1)) {
      take(static_cast<char32_t>(parts.char32At(at)), from);
    }
  });
  write_marks();
  text = std::move(out);
}

/// Character by character, without context: a final sigma is like any other.
void lower(NormalizedText& text) {
  NormalizedText out = room_for(text);
  for_characters(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    const ByteSpan from = text.span(begin, end);
    if (c < 0x80) return out.append(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c, from);
    icu::UnicodeString small(static_cast<UChar32>(c));
    small.toLower(icu::Locale::getRoot());
    for (std::int32_t at = 0; at < small.length(); at = small.moveIndex32(at, 1)) {
      out.append(static_cast<char32_t>(small.char32At(at)), from);
    }
  });
  text = std::move(out);
}

}  // namespace

void BertNormalizer::apply(NormalizedText& text) const {
  if (rules_.clean_text) clean(text);
  if (rules_.handle_chinese_chars) set_ideographs_apart(text);
  if (rules_.strip_accents) pith::strip_accents(text);
  if (rules_.lowercase) lower(text);
}

}  // namespace pith
