#include "stages/select/layout.h"

#include <algorithm>

namespace pith {
namespace {

constexpr std::uint32_t kNoGap = static_cast<std::uint32_t>(-1);

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

}  // namespace

Layout::Layout(std::string_view text, const TokenizedSegment& segment)
    : text_(text), seen_(segment.structure.seen(text)), cuts_(segment.structure.cuts) {
  make_atoms(segment);
  rank_gaps();
}

void Layout::make_atoms(const TokenizedSegment& segment) {
  atoms_.reserve(segment.words.size() + segment.structure.regions.size());
  atom_of_word_.resize(segment.words.size());
  std::size_t word = 0;
  std::size_t cut = 0;
  auto opened = segment.structure.opened.begin();
  const auto opened_end = segment.structure.opened.end();
  for (const Region& region : segment.structure.regions) {
    if (region.kind == RegionKind::kProse) {
      for (; word < segment.words.size() && segment.words[word].begin < region.span.end; ++word) {
        atom_of_word_[word] = atoms_.size();
        atoms_.push_back({.begin = segment.words[word].begin,
                          .text_end = segment.words[word].text_end,
                          .word = static_cast<std::int32_t>(word)});
      }
      continue;
    }
    // What lies between two cuts, its trailing blanks left to the gap.
    std::uint32_t at = region.span.begin;
    const auto push = [&](std::uint32_t end) {
      std::uint32_t text_end = end;
      while (text_end > at && is_blank(seen_[text_end - 1])) --text_end;
      if (text_end == at) return;
      while (opened != opened_end && opened->end < at) ++opened;
      Atom atom{.begin = at, .text_end = text_end};
      atom.closes = opened != opened_end && opened->end == at;
      const auto next = atom.closes ? opened + 1 : opened;
      atom.opens = next != opened_end && next->begin == text_end;
      atoms_.push_back(atom);
    };
    while (cut < cuts_.size() && cuts_[cut].end <= at) ++cut;
    for (; cut < cuts_.size() && cuts_[cut].begin < region.span.end; ++cut) {
      push(std::max(at, cuts_[cut].begin));
      at = std::min(cuts_[cut].end, region.span.end);
      if (cuts_[cut].end > region.span.end) break;
    }
    push(region.span.end);
  }
}

ByteSpan Layout::gap_after(std::size_t atom) const {
  const std::uint32_t end =
      atom + 1 < atoms_.size() ? atoms_[atom + 1].begin : static_cast<std::uint32_t>(text_.size());
  return {atoms_[atom].text_end, end};
}

template <class Emit>
void Layout::without_cuts(ByteSpan span, Emit&& emit) const {
  auto cut = std::upper_bound(cuts_.begin(), cuts_.end(), span.begin,
                              [](std::uint32_t at, const ByteSpan& c) { return at < c.end; });
  std::uint32_t at = span.begin;
  for (; cut != cuts_.end() && cut->begin < span.end; ++cut) {
    if (cut->begin > at) emit(ByteSpan{at, cut->begin});
    at = std::max(at, cut->end);
  }
  if (at < span.end) emit(ByteSpan{at, span.end});
}

Layout::Rank Layout::rank_of(ByteSpan gap) const {
  if (gap.begin >= gap.end) return Rank::kNone;
  int newlines = 0;
  bool any = false;
  without_cuts(gap, [&](ByteSpan part) {
    any = true;
    newlines +=
        static_cast<int>(std::count(seen_.begin() + part.begin, seen_.begin() + part.end, '\n'));
  });
  if (newlines >= 2) return Rank::kParagraph;
  if (newlines == 1) return Rank::kLine;
  return any ? Rank::kBlank : Rank::kNone;
}

void Layout::rank_gaps() {
  const std::size_t n = atoms_.size();
  last_paragraph_.assign(n, kNoGap);
  last_line_.assign(n, kNoGap);
  next_blank_.assign(n, kNoGap);
  std::uint32_t paragraph = kNoGap;
  std::uint32_t line = kNoGap;
  for (std::size_t i = 0; i < n; ++i) {
    const Rank rank = rank_of(gap_after(i));
    const auto index = static_cast<std::uint32_t>(i);
    if (rank == Rank::kParagraph) paragraph = index;
    if (rank == Rank::kLine) line = index;
    if (rank == Rank::kBlank) next_blank_[i] = index;
    last_paragraph_[i] = paragraph;
    last_line_[i] = line;
  }
  for (std::size_t i = n; i-- > 1;) {
    if (next_blank_[i - 1] == kNoGap) next_blank_[i - 1] = next_blank_[i];
  }
}

std::size_t Layout::gap_between(std::size_t a, std::size_t b) const {
  if (atoms_[a].opens) return a;
  if (atoms_[b].closes) return b - 1;
  const std::uint32_t paragraph = last_paragraph_[b - 1];
  if (paragraph != kNoGap && paragraph >= a) return paragraph;
  const std::uint32_t line = last_line_[b - 1];
  if (line != kNoGap && line >= a) return line;
  const std::uint32_t blank = next_blank_[a];
  return blank != kNoGap && blank < b ? blank : a;
}

void Layout::append_gap(std::size_t a, std::size_t b, std::string& out) const {
  without_cuts(gap_after(gap_between(a, b)),
               [&](ByteSpan part) { out.append(text_.substr(part.begin, part.end - part.begin)); });
}

void Layout::append_lead(std::string& out) const {
  without_cuts({0, atoms_.front().begin},
               [&](ByteSpan part) { out.append(text_.substr(part.begin, part.end - part.begin)); });
}

void Layout::append_tail(std::string& out) const {
  without_cuts(gap_after(atoms_.size() - 1),
               [&](ByteSpan part) { out.append(text_.substr(part.begin, part.end - part.begin)); });
}

std::vector<ByteSpan> Layout::spans(const std::vector<bool>& kept) const {
  std::vector<ByteSpan> out;
  const auto emit = [&](ByteSpan part) {
    if (part.begin >= part.end) return;
    if (!out.empty() && out.back().end == part.begin) {
      out.back().end = part.end;
    } else {
      out.push_back(part);
    }
  };
  std::size_t before = atoms_.size();
  for (std::size_t i = 0; i < atoms_.size(); ++i) {
    if (!kept[i]) continue;
    if (before < i) {
      without_cuts(gap_after(gap_between(before, i)), emit);
    } else if (i == 0) {
      without_cuts({0, atoms_[0].begin},
                   emit);  // blanks at the start stay with the first atom only
    }
    emit({atoms_[i].begin, atoms_[i].text_end});
    before = i;
  }
  // The text's own last line end.
  if (before < atoms_.size()) without_cuts(gap_after(atoms_.size() - 1), emit);
  return out;
}

}  // namespace pith
