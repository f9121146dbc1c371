#include "stages/structure/fixed_blocks.h"

#include <algorithm>
#include <array>

#include "stages/structure/json_cut.h"
#include "stages/structure/json_scan.h"

namespace pith {
namespace {

using Text = std::string_view;

constexpr std::uint32_t kEmbeddedJsonBytesMin = 200;

// Quote marks before a fence ("> ```") do not matter.
Text unquoted(Text line) {
  while (!line.empty() && (line[0] == '>' || line[0] == ' ')) line.remove_prefix(1);
  return line;
}

std::size_t fence_length(Text line) {
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return 0;
  std::size_t n = line.find_first_not_of(line[0]);
  if (n == Text::npos) n = line.size();
  return n >= 3 ? n : 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "-12,3" of "@@ -12,3 +12,4 @@": the number of lines, or nothing.
std::optional<std::uint32_t> hunk_lines(Text header, char sign) {
  std::size_t i = header.find(sign);
  if (i == Text::npos) return std::nullopt;
  ++i;
  std::size_t digits = i;
  while (digits < header.size() && is_digit(header[digits])) ++digits;
  if (digits == i) return std::nullopt;
  if (digits >= header.size() || header[digits] != ',') return 1;
  std::uint32_t count = 0;
  for (i = digits + 1; i < header.size() && is_digit(header[i]) && count < 1000000; ++i) {
    count = count * 10 + static_cast<std::uint32_t>(header[i] - '0');
  }
  return count;
}

}  // namespace

FixedBlockFinder::FixedBlockFinder(std::string_view text, const std::vector<Line>& lines)
    : text_(text), lines_(lines), json_end_(cut_marker_begin(text)) {}

std::optional<FixedBlock> FixedBlockFinder::at(std::size_t line) {
  if (lines_[line].blank()) return std::nullopt;
  if (auto block = front_matter(line)) return block;
  if (auto block = fence(line)) return block;
  if (auto block = diff_hunk(line)) return block;
  if (auto block = comment(line)) return block;
  return json(line);
}

std::optional<FixedBlock> FixedBlockFinder::fence(std::size_t line) const {
  const Text open = unquoted(lines_[line].text(text_));
  const std::size_t length = fence_length(open);
  if (length == 0) return std::nullopt;
  Text info = open.substr(length);
  if (open[0] == '`' && info.find('`') != Text::npos)
    return std::nullopt;  // inline code of one line
  std::size_t last = line + 1;
  bool closed = false;
  for (; last < lines_.size() && !closed; ++last) {
    const Text text = unquoted(lines_[last].text(text_));
    closed = fence_length(text) >= length && text[0] == open[0] &&
             text.find_first_not_of(open[0]) == Text::npos;
  }
  FixedBlock block{line, last, RegionKind::kCode, {}, {}, {}};
  while (!info.empty() && info[0] == ' ') info.remove_prefix(1);
  JsonScan scan;
  if ((info.starts_with("json") || info.empty()) && fenced_json(block, closed, scan)) {
    block.kind = RegionKind::kJson;
    block.cuts = std::move(scan.blanks);
    block.strings = std::move(scan.long_strings);
  }
  return block;
}

// A fence that nobody closed was cut short, and the document in it.
bool FixedBlockFinder::fenced_json(const FixedBlock& block, bool closed, JsonScan& scan) const {
  if (block.last - block.first < (closed ? 3 : 2)) return false;
  const std::uint32_t begin = lines_[block.first + 1].begin;
  const Text within = text_.substr(0, closed ? lines_[block.last - 1].begin : json_end_);
  const std::size_t first = within.find_first_not_of(" \t\r\n", begin);
  if (first == Text::npos || (text_[first] != '{' && text_[first] != '[')) return false;
  scan = scan_json(within, static_cast<std::uint32_t>(first));
  if (!closed) return scan.cut && scan.end - first >= kEmbeddedJsonBytesMin;
  return scan.valid && within.find_first_not_of(" \t\r\n", scan.end) == Text::npos;
}

std::optional<FixedBlock> FixedBlockFinder::front_matter(std::size_t line) const {
  if (line != 0 || lines_[0].text(text_) != "---") return std::nullopt;
  for (std::size_t i = 1; i < lines_.size() && i <= 60; ++i) {
    if (lines_[i].text(text_) == "---") return FixedBlock{0, i + 1, RegionKind::kCode, {}, {}, {}};
  }
  return std::nullopt;
}

// The lines that the header counts, and no more: prose after a diff stays prose.
std::optional<FixedBlock> FixedBlockFinder::diff_hunk(std::size_t line) const {
  const Text header = lines_[line].text(text_);
  if (!header.starts_with("@@ -")) return std::nullopt;
  const auto removed = hunk_lines(header, '-');
  const auto added = hunk_lines(header, '+');
  if (!removed || !added) return std::nullopt;
  std::uint32_t left_old = *removed;
  std::uint32_t left_new = *added;
  std::size_t last = line + 1;
  for (; last < lines_.size() && (left_old > 0 || left_new > 0); ++last) {
    const char mark =
        lines_[last].content_end > lines_[last].begin ? text_[lines_[last].begin] : ' ';
    if (mark == '\\') continue;
    if (mark != ' ' && mark != '+' && mark != '-' && mark != '\t') break;
    if (mark != '+' && left_old > 0) --left_old;
    if (mark != '-' && left_new > 0) --left_new;
  }
  if (last < lines_.size() && lines_[last].text(text_).starts_with("\\ No newline")) ++last;
  return FixedBlock{line, last, RegionKind::kCode, {}, {}, {}};
}

// /* ... */, <!-- ... -->, and the triple quotes of Python where they begin a line.
std::optional<FixedBlock> FixedBlockFinder::comment(std::size_t line) {
  constexpr std::array<std::pair<Text, Text>, 6> kComments = {{{"/*", "*/"},
                                                               {"<!--", "-->"},
                                                               {"\"\"\"", "\"\"\""},
                                                               {"'''", "'''"},
                                                               {"r\"\"\"", "\"\"\""},
                                                               {"<![CDATA[", "]]>"}}};
  const Text text = lines_[line].text(text_);
  for (const auto& [open, close] : kComments) {
    if (!text.starts_with(open)) continue;
    constexpr std::size_t kCommentLinesMax = 400;
    std::size_t from = lines_[line].text_begin + open.size();
    for (std::size_t last = line; last < lines_.size() && last < line + kCommentLinesMax; ++last) {
      if (last < no_comment_end_) break;
      const Line& at = lines_[last];
      if (last > line) from = at.begin;
      if (text_.substr(from, at.content_end - std::min<std::size_t>(from, at.content_end))
              .find(close) != Text::npos) {
        return FixedBlock{line, last + 1, RegionKind::kCode, {}, {}, {}};
      }
    }
    no_comment_end_ = std::max(no_comment_end_, line + kCommentLinesMax);
    return std::nullopt;
  }
  return std::nullopt;
}

std::size_t FixedBlockFinder::line_of(std::uint32_t offset, std::size_t from) const {
  const auto it =
      std::upper_bound(lines_.begin() + static_cast<std::ptrdiff_t>(from), lines_.end(), offset,
                       [](std::uint32_t at, const Line& l) { return at < l.begin; });
  return static_cast<std::size_t>(it - lines_.begin()) - 1;
}

// A chain of JSON documents, each on lines of its own: one document, or newline-delimited JSON. The
// last one may be cut short by the text's end; what is said about the cut then belongs to it.
std::optional<FixedBlock> FixedBlockFinder::json(std::size_t line) {
  const Line& first = lines_[line];
  std::uint32_t begin = first.text_begin;
  if (text_[begin] != '{' && text_[begin] != '[') {
    // "Result: {...": only right after a short label, so that code which holds JSON stays code.
    const std::size_t bracket =
        text_.substr(0, std::min(first.text_end, begin + 80)).find_first_of("{[", begin);
    if (bracket == Text::npos || bracket < 2) return std::nullopt;
    const Text label = text_.substr(begin, bracket - begin);
    if (!label.ends_with(": ") && !label.ends_with(":") && !label.ends_with(">"))
      return std::nullopt;
    begin = static_cast<std::uint32_t>(bracket);
  }
  if (begin < json_from_ || begin >= json_end_) return std::nullopt;

  FixedBlock block{line, line, RegionKind::kJson, {}, {}, {}};
  if (begin != first.text_begin) block.begin = begin;
  std::uint32_t at = begin;
  std::uint32_t end = begin;
  for (;;) {
    JsonScan scan = scan_json(text_.substr(0, json_end_), at);
    json_from_ = scan.end;
    const auto take_scanned = [&] {
      block.cuts.insert(block.cuts.end(), scan.blanks.begin(), scan.blanks.end());
      block.strings.insert(block.strings.end(), scan.long_strings.begin(), scan.long_strings.end());
    };
    if (scan.cut && (end > begin || scan.end - at >= kEmbeddedJsonBytesMin)) {
      take_scanned();
      end = static_cast<std::uint32_t>(text_.size());
      block.last = lines_.size();
      break;
    }
    if (!scan.valid) {
      const std::size_t stopped =
          line_of(std::min(scan.end, static_cast<std::uint32_t>(text_.size() - 1)), line);
      const bool looked_like_json = scan.end - at >= kEmbeddedJsonBytesMin;
      if (looked_like_json && end == begin) {  // with comments, say: keep it all
        return FixedBlock{line, stopped + 1, RegionKind::kCode, {}, {}, {}};
      }
      break;
    }
    const std::size_t last = line_of(scan.end - 1, block.last);
    if (text_.substr(0, lines_[last].text_end).find_first_not_of(" \t,", scan.end) != Text::npos)
      break;
    if (scan.end < lines_[last].text_end) break;  // a comma: an element of something larger
    take_scanned();
    end = scan.end;
    block.last = last + 1;
    std::size_t next = block.last;
    while (next < lines_.size() && lines_[next].blank()) ++next;
    if (next >= lines_.size() ||
        (text_[lines_[next].text_begin] != '{' && text_[lines_[next].text_begin] != '['))
      break;
    // Between documents one line end stays.
    at = lines_[next].text_begin;
    if (at >= json_end_) break;  // "[truncated]"
    if (at > lines_[last].end) block.cuts.push_back({lines_[last].end, at});
  }
  if (end == begin) return std::nullopt;
  // What was pushed for a document that then failed lies after the last good one.
  while (!block.cuts.empty() && block.cuts.back().end > end) block.cuts.pop_back();
  const bool whole = text_.find_first_not_of(" \t\r\n") == begin &&
                     text_.find_first_not_of(" \t\r\n", end) == Text::npos;
  if (!whole && end - begin < kEmbeddedJsonBytesMin) {  // too short to gain; still no prose
    return FixedBlock{line, block.last, RegionKind::kCode, {}, {}, {}};
  }
  if (first.indent > 0 && !block.begin) {
    // The indentation before the document means nothing either, once the document has lost its own.
    if (lines_[line].begin < first.text_begin)
      block.cuts.insert(block.cuts.begin(), {lines_[line].begin, first.text_begin});
  }
  return block;
}

}  // namespace pith
