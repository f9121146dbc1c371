#include "stages/select/budget.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "stages/select/local_count.h"

namespace pith {
namespace {

bool is_list_marker(std::string_view word) {
  return word == "-" || word == "*" || word == "+" || word == ">" || word == "\xE2\x80\xA2" ||
         word == "\xE2\x80\x93" || word == "\xC2\xB7";
}

}  // namespace

Budget::Budget(std::string_view text, const TokenizedSegment& segment,
               const std::vector<float>& score, std::vector<bool> may_go,
               std::span<const RepeatMarker> markers, const TokenCounter& reader, WordOrder order)
    : text_(text),
      segment_(segment),
      score_(score),
      markers_(markers),
      reader_(reader),
      layout_(text, segment),
      may_go_(std::move(may_go)),
      by_(order) {
  find_list_markers(segment);
  for (std::size_t i = 0; i < may_go_.size(); ++i) {
    if (may_go_[i]) order_.push_back(static_cast<std::uint32_t>(i));
  }
  std::size_t num_markers = 0;
  for (const std::uint32_t words : line_words_) num_markers += words > 0 ? 1 : 0;
  has_fixed_ = order_.size() + num_markers < layout_.atoms().size();
  sort_words();
  keep_first(order_.size());
}

void Budget::sort_words() {
  const bool by_value = by_ == WordOrder::kByValue && !order_.empty();
  if (by_value) tokens_ = tokens_of_words(text_, segment_, reader_);
  std::vector<float> rank = by_value ? value_order(score_, tokens_) : score_;
  // A score that is no number counts as the highest: what nobody has judged stays longest.
  for (float& each : rank) {
    if (std::isnan(each)) each = std::numeric_limits<float>::infinity();
  }
  std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return rank[a] != rank[b] ? rank[a] > rank[b] : a < b;
  });
}

void Budget::find_list_markers(const TokenizedSegment& segment) {
  const auto& words = segment.words;
  marker_of_.assign(words.size(), -1);
  line_words_.assign(words.size(), 0);
  const std::string_view seen = segment.structure.seen(text_);
  std::int32_t marker = -1;
  bool line_start = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && words[i].begin != words[i - 1].end) line_start = true;  // another region
    if (line_start) marker = -1;
    const std::string_view word = seen.substr(words[i].begin, words[i].text_end - words[i].begin);
    if (line_start && may_go_[i] && is_list_marker(word)) {
      marker = static_cast<std::int32_t>(i);
      may_go_[i] = false;  // it follows its line
    } else {
      marker_of_[i] = marker;
      if (marker >= 0) ++line_words_[static_cast<std::size_t>(marker)];
    }
    line_start = seen.substr(words[i].text_end, words[i].end - words[i].text_end).find('\n') !=
                 std::string_view::npos;
  }
}

void Budget::put(std::size_t word, bool keep) {
  kept_[layout_.atom_of_word(word)] = keep;
  const std::int32_t marker = marker_of_[word];
  if (marker < 0) return;
  std::uint32_t& line = line_words_[static_cast<std::size_t>(marker)];
  line = keep ? line + 1 : line - 1;
  kept_[layout_.atom_of_word(static_cast<std::size_t>(marker))] = line > 0;
}

void Budget::keep_first(std::size_t count) {
  kept_.assign(layout_.atoms().size(), true);
  std::fill(line_words_.begin(), line_words_.end(), 0U);
  for (std::size_t i = 0; i < marker_of_.size(); ++i) {
    if (marker_of_[i] >= 0) ++line_words_[static_cast<std::size_t>(marker_of_[i])];
  }
  for (std::size_t i = count; i < order_.size(); ++i) put(order_[i], false);
  num_kept_ = count;
}

// The output must not be empty: with nothing that has to stay, one word does.
std::size_t Budget::least() const { return has_fixed_ || order_.empty() ? 0 : 1; }

std::int64_t Budget::count() const {
  return reader_.count(apply_spans(text_, layout_.spans(kept_), markers_));
}

Choice Budget::choice(std::int64_t tokens) const {
  Choice out;
  out.kept = layout_.spans(kept_);
  out.tokens = static_cast<std::uint32_t>(tokens);
  out.num_kept = num_kept_;
  out.num_dropped = order_.size() - num_kept_;
  if (num_kept_ > 0) out.threshold = score_[order_[num_kept_ - 1]];
  return out;
}

std::uint32_t Budget::free_tokens() {
  estimate_costs();
  return cost_.back();
}

Choice Budget::all() {
  keep_first(order_.size());
  const bool whole = segment_.structure.cuts.empty() && markers_.empty();
  return choice(whole ? segment_.origin_tokens : count());
}

Choice Budget::none() {
  keep_first(least());
  return choice(count());
}

Choice Budget::first(std::size_t wanted) {
  keep_first(std::min(wanted, order_.size()));
  return choice(count());
}

Choice Budget::above(float threshold) {
  assert(by_ == WordOrder::kByScore);
  const auto end = std::partition_point(order_.begin(), order_.end(), [&](std::uint32_t word) {
    return !(score_[word] <= threshold);
  });
  keep_first(std::max(least(), static_cast<std::size_t>(end - order_.begin())));
  return choice(count());
}

// Tokens of the original that end in each word: the price but for the seams.
void Budget::estimate_costs() {
  if (tokens_.of_word.empty()) tokens_ = tokens_of_words(text_, segment_, reader_);
  fixed_cost_ = tokens_.outside;
  for (std::size_t i = 0; i < may_go_.size(); ++i)
    fixed_cost_ += may_go_[i] ? 0 : tokens_.of_word[i];
  cost_.assign(order_.size() + 1, 0);
  for (std::size_t k = 0; k < order_.size(); ++k)
    cost_[k + 1] = cost_[k] + tokens_.of_word[order_[k]];
}

std::size_t Budget::estimate(std::uint32_t tokens) const {
  const auto it = std::upper_bound(cost_.begin(), cost_.end(), tokens);
  return static_cast<std::size_t>(it - cost_.begin()) - 1;
}

// One word more or less, and what it changes.
std::int64_t Budget::step(bool up) {
  LocalCount local(layout_, reader_);
  const std::size_t word = order_[up ? num_kept_ : num_kept_ - 1];
  const std::int32_t marker = marker_of_[word];
  const std::size_t atom = layout_.atom_of_word(word);
  std::int64_t change = 0;
  if (!up) put(word, false);
  // Now the word is out, and its marker as well if no other word of the line is in.
  const bool with_marker = marker >= 0 && line_words_[static_cast<std::size_t>(marker)] == 0;
  const std::size_t marker_atom =
      with_marker ? layout_.atom_of_word(static_cast<std::size_t>(marker)) : 0;
  if (with_marker) {
    change += local.gain(marker_atom, kept_);
    kept_[marker_atom] = true;
  }
  change += local.gain(atom, kept_);
  if (with_marker) kept_[marker_atom] = false;
  if (up) put(word, true);
  num_kept_ = up ? num_kept_ + 1 : num_kept_ - 1;
  exact_ = exact_ && local.exact();
  return up ? change : -change;
}

Choice Budget::within(std::uint32_t target) {
  constexpr int kJumpsMax = 2;
  constexpr int kRecountsMax = 3;
  const auto limit = static_cast<std::int64_t>(target);
  estimate_costs();
  keep_first(std::max(least(), estimate(target > fixed_cost_ ? target - fixed_cost_ : 0)));
  std::int64_t tokens = count();
  // Seams cost about the same everywhere: a miss of many words is corrected in one jump.
  for (int jump = 0; jump < kJumpsMax; ++jump) {
    const std::int64_t miss = limit - tokens;
    if (std::abs(miss) <= std::max<std::int64_t>(24, limit / 50)) break;
    const std::int64_t wanted = static_cast<std::int64_t>(cost_[num_kept_]) + miss;
    const std::size_t next =
        std::max(least(), estimate(static_cast<std::uint32_t>(std::max<std::int64_t>(0, wanted))));
    if (next == num_kept_) break;
    keep_first(next);
    tokens = count();
  }
  for (int recount = 0;; ++recount) {
    exact_ = markers_.empty();
    while (tokens > limit && num_kept_ > least()) tokens += step(false);
    while (tokens <= limit && num_kept_ < order_.size()) {
      const std::int64_t change = step(true);
      if (tokens + change > limit) {
        step(false);
        break;
      }
      tokens += change;
    }
    if (exact_) break;
    const std::int64_t estimated = tokens;
    tokens = count();
    if (tokens == estimated || recount >= kRecountsMax) break;
  }
  // A last recount may still find a token too many.
  while (tokens > limit && num_kept_ > least()) {
    step(false);
    tokens = count();
  }
  assert(tokens == count());
  return choice(tokens);
}

}  // namespace pith
