#include "stages/tokenize/charsmap.h"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <algorithm>

#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

constexpr std::size_t kGraphemeBytesMax = 5;

// A unit of the double array: label in the low byte (bit 31 marks a value), bit 8 says that a value
// hangs below, bits 9 and up are the distance to the children.
std::size_t distance(std::uint32_t unit) {
  return std::size_t{unit >> 10U} << ((unit & (1U << 9U)) >> 6U);
}
bool has_value(std::uint32_t unit) { return (unit >> 8U & 1U) != 0; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FFU; }

bool ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// Between two ASCII characters a grapheme always ends, but for CR LF.
bool surely_between(const std::string& text, std::size_t at) {
  return ascii(text[at - 1]) && ascii(text[at]) && !(text[at - 1] == '\r' && text[at] == '\n');
}

icu::BreakIterator& grapheme_breaks() {
  thread_local const std::unique_ptr<icu::BreakIterator> breaks = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<icu::BreakIterator>(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  }();
  return *breaks;
}

/// Calls `use(begin, end)` for every grapheme of text[begin, end).
template <class Use>
void for_graphemes(const std::string& text, std::size_t begin, std::size_t end, Use use) {
  UErrorCode status = U_ZERO_ERROR;
  UText view = UTEXT_INITIALIZER;
  utext_openUTF8(&view, text.data() + begin, static_cast<std::int64_t>(end - begin), &status);
  icu::BreakIterator& breaks = grapheme_breaks();
  breaks.setText(&view, status);
  std::size_t from = 0;
  for (std::int32_t to = breaks.next(); to != icu::BreakIterator::DONE; to = breaks.next()) {
    use(begin + from, begin + static_cast<std::size_t>(to));
    from = static_cast<std::size_t>(to);
  }
  utext_close(&view);
}

}  // namespace

Result<Charsmap> Charsmap::parse(std::string_view blob) {
  const auto unit_at = [&](std::size_t at) {
    std::uint32_t unit = 0;
    for (std::size_t i = 4; i-- > 0;) unit = unit << 8U | static_cast<unsigned char>(blob[at + i]);
    return unit;
  };
  const Error error{ErrorCode::kFileUnreadable, "not a character map"};
  if (blob.size() < 4) return error;
  const std::size_t trie_bytes = unit_at(0);
  if (trie_bytes % 4 != 0 || trie_bytes == 0 || trie_bytes > blob.size() - 4) return error;
  Charsmap map;
  map.units_.reserve(trie_bytes / 4);
  for (std::size_t at = 4; at < 4 + trie_bytes; at += 4) map.units_.push_back(unit_at(at));
  map.replacements_ = blob.substr(4 + trie_bytes);
  std::size_t begin = 0;
  for (std::size_t at = 0; at < map.replacements_.size();) {
    const Utf8Char c = utf8_char_at(map.replacements_, at);
    if (c.code_point == kNoCodePoint) return error;
    at += c.bytes;
    if (c.code_point == 0) begin = at;
    map.longest_ = std::max(map.longest_, at - begin);
  }
  return map;
}

std::optional<std::string_view> Charsmap::replacement(std::string_view key) const {
  std::size_t node = distance(units_[0]);
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    node ^= byte;
    if (node >= units_.size() || label(units_[node]) != byte) break;
    const std::uint32_t unit = units_[node];
    node ^= distance(unit);
    if (!has_value(unit)) continue;
    const std::size_t at = node < units_.size() ? units_[node] & 0x7FFFFFFFU : SIZE_MAX;
    if (at >= replacements_.size()) return std::nullopt;
    // A lying table may point into a character.
    if ((static_cast<unsigned char>(replacements_[at]) & 0xC0U) == 0x80U) return std::nullopt;
    const std::size_t end = replacements_.find('\0', at);
    return std::string_view(replacements_).substr(at, end == std::string::npos ? end : end - at);
  }
  return std::nullopt;
}

void Charsmap::replace_grapheme(const NormalizedText& text, std::size_t begin, std::size_t end,
                                NormalizedText& out) const {
  const std::string_view grapheme = std::string_view(text.bytes).substr(begin, end - begin);
  if (grapheme.size() <= kGraphemeBytesMax) {
    if (const auto whole = replacement(grapheme)) return out.append(*whole, text.span(begin, end));
  }
  for (std::size_t at = 0; at < grapheme.size();) {
    const std::size_t next = at + utf8_char_at(grapheme, at).bytes;
    const auto other = replacement(grapheme.substr(at, next - at));
    if (other) {
      out.append(*other, text.span(begin + at, begin + next));
    } else {
      out.append(text, begin + at, begin + next);
    }
    at = next;
  }
}

void Charsmap::apply(NormalizedText& text) const {
  NormalizedText out;
  out.reserve(text.bytes.size());
  const std::size_t size = text.bytes.size();
  const auto replace = [&](std::size_t from, std::size_t to) {
    replace_grapheme(text, from, to, out);
  };
  for (std::size_t begin = 0; begin < size;) {
    std::size_t end = begin + 1;
    while (end < size && !surely_between(text.bytes, end)) ++end;
    if (end == begin + 1) {
      replace(begin, end);
    } else {
      for_graphemes(text.bytes, begin, end, replace);
    }
    begin = end;
  }
  text = std::move(out);
}

std::optional<std::string> base64_decoded(std::string_view text) {
  const auto value = [](char c) -> std::uint32_t {
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : 64;
  };
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::uint32_t group = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      const std::uint32_t six = i >= text.size() - padding ? 0 : value(text[i]);
      if (six > 63) return std::nullopt;
      group = group << 6U | six;
    }
    for (const unsigned shift : {16U, 8U, 0U}) out.push_back(static_cast<char>(group >> shift));
  }
  out.resize(out.size() - padding);
  return out;
}

}  // namespace pith
