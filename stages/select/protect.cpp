#include "stages/select/protect.h"

#include <algorithm>

#include "stages/select/error_line.h"
#include "stages/select/literal.h"
#include "stages/select/quoted.h"
#include "stages/structure/kept_tags.h"
#include "stages/structure/line_look.h"
#include "stages/structure/shown_value.h"

namespace pith {
namespace {

using Text = std::string_view;

class Protector {
 public:
  Protector(Text text, const Structure& structure, SegmentKind kind, const CompressOptions& options)
      : source_(text),
        text_(structure.seen(text)),
        structure_(structure),
        kind_(kind),
        options_(options) {}

  std::vector<ProtectedSpan> run() {
    if ((options_.protect & kProtectTags) != 0) {
      for (const ByteSpan& block : kept_tag_blocks(text_)) spans_.push_back({block, kProtectTags});
    }
    for (const Region& region : structure_.regions) {
      if (region.kind != RegionKind::kProse) continue;
      find_literals(text_, region.span, options_.protect, spans_);
      lines(region.span);
    }
    for (const std::string& token : options_.force_tokens) {
      force(text_, token);
      if (!structure_.opened.empty()) force(source_, token);
    }
    escapes();
    const ByteSpan cut = structure_.cut_word;
    if (cut.begin < cut.end) spans_.push_back({cut, kProtectCutWord});
    if (kind_ == SegmentKind::kUserText) paragraphs();
    return std::move(spans_);
  }

 private:
  void lines(ByteSpan within) {
    std::uint32_t begin = within.begin;
    ByteSpan before;
    while (begin < within.end) {
      const std::size_t newline = text_.substr(0, within.end).find('\n', begin);
      const std::uint32_t end =
          newline == Text::npos ? within.end : static_cast<std::uint32_t>(newline);
      const ByteSpan line = {begin, end};
      if (begin < end) {
        find_quoted(text_, line, options_.protect, spans_);
        if (!structure_.opened.empty()) find_marked_quotes(text_, line, options_.protect, spans_);
        if ((options_.protect & kProtectQuoted) != 0) {
          const ByteSpan phrase = error_phrase(text_, line, kind_);
          if (phrase.begin < phrase.end) spans_.push_back({phrase, kProtectQuoted});
        }
        heading(line, before);
      }
      before = line;
      begin = end + 1;
    }
  }

  // "# Title", or a line underlined with === or ---. They cost little and tell where everything is.
  void heading(ByteSpan line, ByteSpan before) {
    if (options_.protect == 0) return;
    Text text = text_.substr(line.begin, line.end - line.begin);
    while (!text.empty() && (text.front() == ' ' || text.front() == '>')) text.remove_prefix(1);
    if (is_heading(text)) spans_.push_back({line, kProtectHeadings});
    if (text.size() < 3 || (text[0] != '=' && text[0] != '-')) return;
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    const bool underline = text.size() >= 3 && text.find_first_not_of(text[0]) == Text::npos;
    constexpr std::uint32_t kTitleBytesMax = 120;
    if (!underline || before.begin == before.end || before.end - before.begin > kTitleBytesMax)
      return;
    spans_.push_back({{before.begin, line.end}, kProtectHeadings});
  }

  // What stands in for a word with escaped letters tells a scorer nothing, and half of such a word
  // tells a reader nothing.
  void escapes() {
    for (const ByteSpan& escape : structure_.escapes) {
      if (text_[escape.begin] == kEscapedLetter) spans_.push_back({escape, kProtectEscapes});
    }
  }

  void force(Text text, const std::string& token) {
    if (token.empty()) return;
    for (std::size_t at = text.find(token); at != Text::npos;
         at = text.find(token, at + token.size())) {
      spans_.push_back(
          {{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + token.size())},
           kProtectForced});
    }
  }

  void keep_paragraph(std::size_t begin, std::size_t end) {
    if (begin < end)
      spans_.push_back({{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)},
                        kProtectParagraph});
  }

  // What the user asks stands in the first or the last paragraph; the rest is usually material. A
  // paragraph inside a JSON string is none of the user's text.
  void paragraphs() {
    const std::size_t begin = source_.find_first_not_of(" \t\r\n");
    if (begin == Text::npos) return;
    const std::size_t end = source_.find_last_not_of(" \t\r\n") + 1;
    if (blank_line_within(begin, end)) {
      keep_paragraph(begin, first_break_);
      keep_paragraph(last_break_, end);
    } else if (const std::size_t line = source_.find('\n', begin); line < end) {
      keep_paragraph(begin, line);
      keep_paragraph(source_.rfind('\n', end - 1), end);
    } else {
      one_paragraph(begin, end);
    }
  }

  bool blank_line_within(std::size_t begin, std::size_t end) {
    bool found = false;
    for (std::size_t at = source_.find('\n', begin); at < end;) {
      const std::size_t next = source_.find_first_not_of(" \t\r", at + 1);
      if (next == Text::npos || next >= end) break;
      if (source_[next] == '\n') {
        if (!found) first_break_ = at;
        last_break_ = next;
        found = true;
        at = next;
      } else {
        at = source_.find('\n', next);
      }
    }
    return found;
  }

  // One paragraph holds question and material at once: its ends are kept, up to about kEnd bytes
  // each.
  void one_paragraph(std::size_t begin, std::size_t end) {
    constexpr std::size_t kEnd = 800;
    if (end - begin <= 2 * kEnd) return keep_paragraph(begin, end);
    const std::size_t stop = source_.find(". ", begin + kEnd / 2);
    keep_paragraph(begin, std::min(stop == Text::npos ? begin + kEnd : stop + 1, begin + kEnd));
    const std::size_t start = source_.rfind(". ", end - kEnd / 2);
    keep_paragraph(std::max(start == Text::npos ? end - kEnd : start + 2, end - kEnd), end);
  }

  Text source_;
  Text text_;  ///< As words are looked at.
  const Structure& structure_;
  SegmentKind kind_;
  const CompressOptions& options_;
  std::vector<ProtectedSpan> spans_;
  std::size_t first_break_ = 0;
  std::size_t last_break_ = 0;
};

}  // namespace

std::vector<ProtectedSpan> protected_spans(std::string_view text, const Structure& structure,
                                           SegmentKind kind, const CompressOptions& options) {
  return Protector(text, structure, kind, options).run();
}

std::vector<std::uint32_t> protected_words(std::span<const ProtectedSpan> spans,
                                           std::span<const Word> words) {
  std::vector<std::uint32_t> reasons(words.size(), 0);
  auto hint = words.begin();
  for (const ProtectedSpan& protect : spans) {
    const ByteSpan span = protect.span;
    // Each finder goes through the text from left to right: the word is most often near the last
    // one.
    if (hint == words.end() || hint->begin > span.begin || hint->text_end + 256 < span.begin) {
      hint =
          std::upper_bound(words.begin(), words.end(), span.begin,
                           [](std::uint32_t at, const Word& word) { return at < word.text_end; });
    }
    while (hint != words.end() && hint->text_end <= span.begin) ++hint;
    for (auto word = hint; word != words.end() && word->begin < span.end; ++word) {
      reasons[static_cast<std::size_t>(word - words.begin())] |= protect.reason;
    }
  }
  return reasons;
}

std::string_view protect_name(std::uint32_t reason) {
  switch (reason) {
    case kProtectNumbers:
      return "numbers";
    case kProtectNegations:
      return "negations";
    case kProtectCode:
      return "code";
    case kProtectUrls:
      return "urls";
    case kProtectPaths:
      return "paths";
    case kProtectIdentifiers:
      return "identifiers";
    case kProtectQuoted:
      return "quoted";
    case kProtectJsonKeys:
      return "json_keys";
    case kProtectTags:
      return "tags";
    case kProtectNames:
      return "names";
    case kProtectJsonText:
      return "json_text";
    case kProtectCutWord:
      return "cut_words";
    case kProtectEscapes:
      return "escaped_letters";
    case kProtectForced:
      return "force_tokens";
    case kProtectHeadings:
      return "headings";
    case kProtectParagraph:
      return "paragraphs";
    default:
      return "";
  }
}

}  // namespace pith
