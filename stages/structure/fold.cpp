#include "stages/structure/fold.h"

namespace pith {
namespace {

void cut(std::uint32_t begin, std::uint32_t end, Structure& structure) {
  if (begin < end) structure.cuts.push_back({begin, end});
}

}  // namespace

void fold_lines(std::string_view text, const std::vector<Line>& lines,
                const std::vector<RegionKind>& kinds, const std::vector<bool>& free,
                bool repeat_markers, Structure& structure) {
  bool folded_blanks = false;
  bool folded_log = false;
  for (std::size_t i = 0; i < lines.size();) {
    const bool log = kinds[i] == RegionKind::kLog;
    if (!free[i] || (!log && kinds[i] != RegionKind::kProse)) {
      ++i;
      continue;
    }
    bool& folded = log ? folded_log : folded_blanks;
    const std::size_t cuts_before = structure.cuts.size();
    std::size_t next = i + 1;
    if (lines[i].blank()) {
      while (next < lines.size() && free[next] && lines[next].blank() && kinds[next] == kinds[i])
        ++next;
      // The last one's line end stays: it is the empty line between two paragraphs.
      cut(lines[i].begin, lines[next - 1].content_end, structure);
    } else {
      // Two blanks are a line break in markdown; more are left-overs.
      const std::uint32_t trailing = lines[i].content_end - lines[i].text_end;
      if (log || trailing > 2) cut(lines[i].text_end, lines[i].content_end, structure);
      if (log) {
        const std::string_view line = lines[i].text(text);
        while (next < lines.size() && free[next] && kinds[next] == RegionKind::kLog &&
               lines[next].indent == lines[i].indent && lines[next].text(text) == line)
          ++next;
        if (next - i > 1) {
          cut(lines[i + 1].begin, lines[next - 1].end, structure);
          if (repeat_markers)
            structure.markers.push_back({lines[i].text_end, static_cast<std::uint32_t>(next - i)});
        }
      }
    }
    folded = folded || structure.cuts.size() > cuts_before;
    i = next;
  }
  if (folded_log) structure.transforms.emplace_back("log_fold");
  if (folded_blanks) structure.transforms.emplace_back("blank_fold");
}

}  // namespace pith
