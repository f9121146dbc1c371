#include "stages/select/select_stage.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <string>

#include "stages/select/budget.h"
#include "stages/select/protect.h"

namespace pith {
namespace {

/// Of the share that the dial asks for, what words that are not protected keep at least: where
/// literals, code or JSON fill a text nearly to the dial, what is said about them should not vanish
/// to the last word.
constexpr double kFreeShare = 1.0 / 3.0;

SegmentReply unchanged(std::string_view text, const TokenizedSegment& segment,
                       std::vector<std::string> notes) {
  SegmentReply reply;
  if (!text.empty()) reply.kept = {{0, static_cast<std::uint32_t>(text.size())}};
  reply.origin_tokens = segment.origin_tokens;
  reply.compressed_tokens = segment.origin_tokens;
  reply.notes = std::move(notes);
  return reply;
}

std::string percent(double part) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f%%", part * 100.0);
  return buffer.data();
}

// "protected: 41 numbers, 3 urls"
void note_protected(const std::vector<std::uint32_t>& reasons, std::vector<std::string>& notes) {
  std::array<std::size_t, 32> counts{};
  for (const std::uint32_t bits : reasons) {
    for (std::size_t bit = 0; bit < 32; ++bit) counts[bit] += (bits >> bit) & 1U;
  }
  std::string note;
  for (std::size_t bit = 0; bit < counts.size(); ++bit) {
    if (counts[bit] == 0) continue;
    note += note.empty() ? "protected words: " : ", ";
    note += std::to_string(counts[bit]) + " " + std::string(protect_name(1U << bit));
  }
  if (!note.empty()) notes.push_back(std::move(note));
}

// Words that a lossless cut touches, or in a segment without prose, none may go.
std::vector<bool> words_that_may_go(const std::vector<std::uint32_t>& reasons, bool prose) {
  std::vector<bool> may_go(reasons.size(), false);
  for (std::size_t i = 0; prose && i < reasons.size(); ++i) may_go[i] = reasons[i] == 0;
  return may_go;
}

struct DroppedWords {
  bool outside = false;          ///< Of JSON strings.
  std::size_t json_strings = 0;  ///< Strings that lost words.
};

DroppedWords dropped_words(const TokenizedSegment& segment, const std::vector<ByteSpan>& kept) {
  DroppedWords dropped;
  auto span = kept.begin();
  auto string = segment.structure.opened.begin();
  const auto strings_end = segment.structure.opened.end();
  bool counted = false;  // the string at `string`
  for (const Word& word : segment.words) {
    while (span != kept.end() && span->end <= word.begin) ++span;
    for (; string != strings_end && string->end <= word.begin; ++string) counted = false;
    if (span != kept.end() && span->begin <= word.begin) continue;
    if (string == strings_end || word.begin < string->begin) {
      dropped.outside = true;
    } else if (!counted) {
      ++dropped.json_strings;
      counted = true;
    }
  }
  return dropped;
}

Choice spend(Budget& budget, const TokenizedSegment& segment, const CompressOptions& options,
             std::vector<std::string>& notes) {
  if (options.threshold) return budget.above(*options.threshold);
  const double rate = options.target_rate ? static_cast<double>(*options.target_rate) : 0.5;
  const double wanted = std::floor(rate * segment.origin_tokens + 1e-4);
  const std::uint32_t target = options.target_tokens
                                   ? *options.target_tokens
                                   : static_cast<std::uint32_t>(std::max(0.0, wanted));
  Choice choice = budget.all();
  if (choice.tokens <= target) return choice;
  const auto miss = [&](const char* what, std::uint32_t tokens) {
    notes.push_back(what + std::to_string(tokens) + " of " + std::to_string(segment.origin_tokens) +
                    " tokens; the dial asks for " + std::to_string(target));
  };
  if (budget.num_words() == 0) {
    miss("no words to drop: ", choice.tokens);
    return choice;
  }
  const Choice least = budget.none();
  std::uint32_t granted = target;
  if (!options.target_tokens) {
    const double floor = kFreeShare * rate * budget.free_tokens();
    granted = std::max(target, least.tokens + static_cast<std::uint32_t>(floor));
  }
  if (granted >= choice.tokens) granted = choice.tokens - 1;
  choice = budget.within(granted);
  if (least.tokens > target) miss("protected words alone are ", least.tokens);
  if (choice.tokens > target && granted > target) {
    notes.push_back("the rest keeps " + percent(kFreeShare * rate) +
                    " of its tokens all the same, so that something is left of it");
  }
  return choice;
}

}  // namespace

SegmentReply select_words(std::string_view text, SegmentKind kind, const TokenizedSegment& segment,
                          const std::vector<float>& keep_prob, const TokenCounter& reader,
                          const CompressOptions& options, WordOrder order) {
  if (text.empty() || segment.skip) {
    std::vector<std::string> notes;
    if (segment.skip && !segment.skip_reason.empty()) notes.push_back(segment.skip_reason);
    return unchanged(text, segment, std::move(notes));
  }
  const bool prose = options.prose;
  assert(!prose || keep_prob.size() == segment.words.size());

  std::vector<std::string> notes;
  std::vector<std::uint32_t> reasons(segment.words.size(), 0);
  if (prose) {
    const auto spans = protected_spans(text, segment.structure, kind, options);
    reasons = protected_words(spans, segment.words);
  }
  const auto& markers = segment.structure.markers;
  Budget budget(text, segment, keep_prob, words_that_may_go(reasons, prose), markers, reader,
                options.threshold || !prose ? WordOrder::kByScore : order);
  const Choice choice = prose ? spend(budget, segment, options, notes) : budget.all();

  if (choice.kept.empty()) return unchanged(text, segment, {"nothing but blanks"});
  if (choice.num_dropped == 0 && segment.structure.cuts.empty()) {
    return unchanged(text, segment, std::move(notes));
  }
  if (choice.tokens >= segment.origin_tokens) {
    notes.emplace_back("not shorter");
    return unchanged(text, segment, std::move(notes));
  }
  const double gain =
      1.0 - static_cast<double>(choice.tokens) / static_cast<double>(segment.origin_tokens);
  if (gain < static_cast<double>(options.min_gain)) {
    notes.push_back("gain " + percent(gain) + " is under min_gain " +
                    percent(static_cast<double>(options.min_gain)));
    return unchanged(text, segment, std::move(notes));
  }
  SegmentReply reply;
  reply.kept = choice.kept;
  reply.markers = markers;
  reply.origin_tokens = segment.origin_tokens;
  reply.compressed_tokens = choice.tokens;
  reply.threshold = choice.num_dropped > 0 ? choice.threshold : 0.0F;
  reply.transforms = segment.structure.transforms;
  if (choice.num_dropped > 0) {
    const DroppedWords dropped = dropped_words(segment, choice.kept);
    if (dropped.outside) reply.transforms.emplace_back("prose");
    if (dropped.json_strings > 0) {
      reply.transforms.emplace_back("json_prose");
      notes.push_back("shortened long prose in " + std::to_string(dropped.json_strings) +
                      " JSON string" + (dropped.json_strings > 1 ? "s" : "") +
                      "; keys, structure and other values are as they were");
    }
    note_protected(reasons, notes);
  }
  reply.notes = std::move(notes);
  return reply;
}

}  // namespace pith
