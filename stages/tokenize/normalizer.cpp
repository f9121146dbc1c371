#include "stages/tokenize/normalizer.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "stages/tokenize/utf8.h"

namespace pith {

void NormalizerSequence::apply(NormalizedText& text) const {
  for (const auto& step : steps_) step->apply(text);
}

double NormalizerSequence::growth() const {
  double product = 1;
  for (const auto& step : steps_) product *= step->growth();
  return product;
}

double ReplaceNormalizer::growth() const {
  const auto least = static_cast<double>(pattern_.unit.size() * pattern_.min_repeats);
  return std::max(1.0, static_cast<double>(content_.size()) / least);
}

void StripNormalizer::apply(NormalizedText& text) const {
  std::size_t begin = 0;
  std::size_t end = text.bytes.size();
  const auto blank = [](Utf8Char c) {
    return u_isUWhiteSpace(static_cast<UChar32>(c.code_point)) != 0;
  };
  while (left_ && begin < end) {
    const Utf8Char c = utf8_char_at(text.bytes, begin);
    if (!blank(c)) break;
    begin += c.bytes;
  }
  while (right_ && end > begin) {
    const Utf8Char c = utf8_char_before(text.bytes, end);
    if (!blank(c)) break;
    end -= c.bytes;
  }
  if (begin == 0 && end == text.bytes.size()) return;
  NormalizedText out;
  out.append(text, begin, end);
  text = std::move(out);
}

void ReplaceNormalizer::apply(NormalizedText& text) const {
  const std::string& unit = pattern_.unit;
  std::size_t found = text.bytes.find(unit);
  if (found == std::string::npos) return;
  NormalizedText out;
  out.reserve(text.bytes.size());
  std::size_t copied = 0;
  for (; found != std::string::npos; found = text.bytes.find(unit, found)) {
    std::size_t end = found + unit.size();
    std::size_t repeats = 1;
    while (pattern_.whole_runs && text.bytes.compare(end, unit.size(), unit) == 0) {
      end += unit.size();
      ++repeats;
    }
    if (repeats >= pattern_.min_repeats) {
      out.append(text, copied, found);
      out.append(content_, text.span(found, end));
      copied = end;
    }
    found = end;
  }
  out.append(text, copied, text.bytes.size());
  text = std::move(out);
}

}  // namespace pith
