#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include <memory>

#include "stages/tokenize/utf8.h"
#include "stages/tokenize/word_segments.h"

namespace pith {
namespace {

bool is_blank(std::uint32_t c) {
  return c != kNoCodePoint && u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_WHITE_SPACE) != 0;
}

std::int32_t grapheme_class(std::uint32_t c) {
  if (c == kNoCodePoint) return U_GCB_OTHER;
  return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_GRAPHEME_CLUSTER_BREAK);
}

bool extends(std::uint32_t c) {
  const std::int32_t kind = grapheme_class(c);
  return kind == U_GCB_EXTEND || kind == U_GCB_SPACING_MARK || kind == U_GCB_ZWJ;
}

/// Do the characters on both sides of a word boundary look like one to the reader? ICU's word rules
/// keep conjoining Hangul, flags, emoji sequences and CR LF together themselves.
bool inside_grapheme(std::uint32_t before, std::uint32_t after) {
  if (grapheme_class(before) == U_GCB_PREPEND) {
    const std::int32_t kind = grapheme_class(after);
    return kind != U_GCB_CONTROL && kind != U_GCB_CR && kind != U_GCB_LF;
  }
  const std::int32_t kind = grapheme_class(before);
  return extends(after) && kind != U_GCB_CONTROL && kind != U_GCB_CR && kind != U_GCB_LF;
}

/// Bytes of blanks that `segment` begins with, each with the marks that sit on it.
std::size_t blank_prefix(std::string_view segment) {
  std::size_t at = 0;
  while (at < segment.size()) {
    Utf8Char c = utf8_char_at(segment, at);
    if (!is_blank(c.code_point)) break;
    do {
      at += c.bytes;
      if (at < segment.size()) c = utf8_char_at(segment, at);
    } while (at < segment.size() && extends(c.code_point));
  }
  return at;
}

std::size_t blank_suffix(std::string_view segment) {
  std::size_t at = segment.size();
  while (at > 0) {
    const Utf8Char c = utf8_char_before(segment, at);
    if (!is_blank(c.code_point)) break;
    at -= c.bytes;
  }
  return segment.size() - at;
}

/// Underscores and their like and nothing else, which ICU calls a word from two on.
bool only_connectors(std::string_view segment) {
  for (std::size_t at = 0; at < segment.size();) {
    const Utf8Char c = utf8_char_at(segment, at);
    if (c.code_point == kNoCodePoint ||
        u_charType(static_cast<UChar32>(c.code_point)) != U_CONNECTOR_PUNCTUATION) {
      return false;
    }
    at += c.bytes;
  }
  return true;
}

SegmentClass class_of(std::string_view segment, std::int32_t rule_status) {
  if (rule_status >= UBRK_WORD_NONE_LIMIT) {
    return only_connectors(segment) ? SegmentClass::kMark : SegmentClass::kCore;
  }
  for (std::size_t at = 0; at < segment.size();) {
    const Utf8Char c = utf8_char_at(segment, at);
    at += c.bytes;
    if (c.code_point == kNoCodePoint) continue;
    const auto code_point = static_cast<UChar32>(c.code_point);
    if (u_isalnum(code_point) != 0) return SegmentClass::kCore;
    // Emoji stand for words; arrows, copyright signs and the like do so only when written as emoji.
    if (u_hasBinaryProperty(code_point, UCHAR_EMOJI_PRESENTATION) != 0) return SegmentClass::kCore;
    if (c.code_point >= 0x80 && at < segment.size() &&
        u_hasBinaryProperty(code_point, UCHAR_EXTENDED_PICTOGRAPHIC) != 0) {
      return SegmentClass::kCore;
    }
  }
  return SegmentClass::kMark;
}

/// One iterator a thread: making one costs as much as splitting a page.
icu::BreakIterator* thread_iterator() {
  thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status)) made.reset();
    return made;
  }();
  return iterator.get();
}

void add_trimmed(std::string_view text, std::uint32_t begin, std::uint32_t end,
                 std::int32_t rule_status, WordJoiner& joiner) {
  std::string_view segment = text.substr(begin, end - begin);
  const auto before = static_cast<std::uint32_t>(blank_prefix(segment));
  if (before > 0) joiner.add(begin, begin + before, SegmentClass::kBlank);
  if (begin + before == end) return;
  segment.remove_prefix(before);
  const auto after = static_cast<std::uint32_t>(blank_suffix(segment));
  segment.remove_suffix(after);
  joiner.add(begin + before, end - after, class_of(segment, rule_status));
  if (after > 0) joiner.add(end - after, end, SegmentClass::kBlank);
}

}  // namespace

void add_icu_segments(std::string_view text, std::uint32_t begin, std::uint32_t end,
                      WordJoiner& joiner) {
  const std::string_view stretch = text.substr(begin, end - begin);
  icu::BreakIterator* iterator = thread_iterator();
  UErrorCode status = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  utext_openUTF8(&utext, stretch.data(), static_cast<std::int64_t>(stretch.size()), &status);
  if (iterator != nullptr) iterator->setText(&utext, status);
  if (iterator == nullptr ||
      U_FAILURE(status)) {  // no ICU data, no memory: better long words than none
    utext_close(&utext);
    add_trimmed(text, begin, end, UBRK_WORD_LETTER, joiner);
    return;
  }
  std::uint32_t from = 0;
  std::int32_t from_status = UBRK_WORD_NONE;
  iterator->first();
  for (std::int32_t at = iterator->next(); at != icu::BreakIterator::DONE; at = iterator->next()) {
    const auto to = static_cast<std::uint32_t>(at);
    from_status = std::max(from_status, iterator->getRuleStatus());
    if (to < stretch.size() && inside_grapheme(utf8_char_before(stretch, to).code_point,
                                               utf8_char_at(stretch, to).code_point)) {
      continue;
    }
    add_trimmed(text, begin + from, begin + to, from_status, joiner);
    from = to;
    from_status = UBRK_WORD_NONE;
  }
  utext_close(&utext);
}

}  // namespace pith
