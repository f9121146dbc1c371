#include "apps/train/label_quality.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <map>
#include <numeric>

#include "apps/train/labelled_texts.h"
#include "apps/train/text_corpus.h"
#include "stages/score/keep_policy.h"
#include "stages/score/ngram_policy.h"
#include "stages/score/percentile_rank.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith {
namespace {

/// A text as a policy reads it: its words are the annotated ones, all of it is prose.
struct ReadText {
  TokenizedSegment segment;
  std::vector<std::uint8_t> keep, core;  ///< [num_words]

  ReadText(const LabelledText& labelled, const Tokenizer& tokenizer) {
    for (const ByteSpan& word : labelled.words) {
      segment.words.push_back({word.begin, word.end, word.end});
    }
    segment.pieces = tokenizer.encode(labelled.text);
    segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
    for (const KeepLabel label : labelled.labels) {
      keep.push_back(label >= 1 ? 1 : 0);
      core.push_back(label == 2 ? 1 : 0);
    }
  }
};

/// Scores of every word of every text under one way of scoring, with their labels beside them.
struct Column {
  std::vector<float> scores;
  std::vector<std::uint8_t> keep, core;
  double keep_overlap = 0.0, core_overlap = 0.0;  ///< Sums over positive words.
  std::uint64_t num_keep = 0, num_core = 0;

  void add(std::span<const float> text_scores, const ReadText& text) {
    scores.insert(scores.end(), text_scores.begin(), text_scores.end());
    keep.insert(keep.end(), text.keep.begin(), text.keep.end());
    core.insert(core.end(), text.core.begin(), text.core.end());
    const auto num_in = [](const std::vector<std::uint8_t>& flags) {
      return static_cast<std::uint64_t>(std::ranges::count(flags, 1));
    };
    keep_overlap +=
        overlap_at_label_rate(text_scores, text.keep) * static_cast<double>(num_in(text.keep));
    core_overlap +=
        overlap_at_label_rate(text_scores, text.core) * static_cast<double>(num_in(text.core));
    num_keep += num_in(text.keep);
    num_core += num_in(text.core);
  }

  QualityRow row(const std::string& name) const {
    const auto share = [](double overlap, std::uint64_t num_positive) {
      return overlap / std::max<double>(1.0, static_cast<double>(num_positive));
    };
    return {name,
            scores.size(),
            area_under_curve(scores, keep),
            area_under_curve(scores, core),
            share(keep_overlap, num_keep),
            share(core_overlap, num_core)};
  }
};

}  // namespace

double area_under_curve(std::span<const float> scores, std::span<const std::uint8_t> positive) {
  std::vector<float> rank(scores.size());
  percentile_rank(scores, rank);  // Middle rank / n - 1/2n, as the rank-sum statistic wants it.
  double rank_sum = 0.0;
  double num_positive = 0.0;
  const auto n = static_cast<double>(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (positive[i] == 0) continue;
    rank_sum += static_cast<double>(rank[i]) * n + 0.5;
    num_positive += 1.0;
  }
  const double num_negative = n - num_positive;
  if (num_positive == 0.0 || num_negative == 0.0) return 0.5;
  return (rank_sum - num_positive * (num_positive + 1.0) / 2.0) / (num_positive * num_negative);
}

double overlap_at_label_rate(std::span<const float> scores,
                             std::span<const std::uint8_t> positive) {
  const auto k = static_cast<std::size_t>(std::ranges::count(positive, 1));
  if (k == 0) return 0.0;
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::size_t hits = 0;
  for (std::size_t i = 0; i < k; ++i) hits += positive[order[i]];
  return static_cast<double>(hits) / static_cast<double>(k);
}

const QualityRow& LabelQuality::row(std::string_view name) const {
  const auto at = std::ranges::find(rows, name, &QualityRow::name);
  assert(at != rows.end());
  return *at;
}

Result<LabelQuality> label_quality(const std::string& policy_path, const std::string& labels_path) {
  const auto policy = open_policy(policy_path);
  if (!policy) return policy.error();
  const auto* ngram = dynamic_cast<const NgramPolicy*>(policy->get());
  LabelQuality quality;
  quality.policy_name = (*policy)->name();
  quality.policy_id = (*policy)->id();
  std::map<std::string, Column> columns;
  std::map<std::string, Column> languages;
  const auto texts = read_labelled_texts(labels_path);
  if (!texts) return texts.error();
  for (const LabelledText& labelled : *texts) {
    const ReadText text(labelled, (*policy)->tokenizer());
    std::vector<float> rank(labelled.words.size());
    for (const bool sum : {true, false}) {
      if (ngram == nullptr) break;
      const auto how = sum ? WordSurprisal::kSum : WordSurprisal::kMean;
      const auto surprisal = word_surprisals(ngram->model(), text.segment, how, {});
      if (!surprisal) return surprisal.error();
      columns[sum ? "surprisal, sum" : "surprisal, mean"].add(*surprisal, text);
      percentile_rank(*surprisal, rank);
      columns[sum ? "rank in text, sum" : "rank in text, mean"].add(rank, text);
    }
    std::vector<ScoreItem> batch(1);
    batch[0].text = labelled.text;
    batch[0].segment = &text.segment;
    if (const Result<Done> scored = (*policy)->score(batch, {}); !scored) return scored.error();
    const std::string language = labelled.lang.empty() ? "?" : labelled.lang;
    columns["keep_prob"].add(batch[0].keep_prob, text);
    languages["keep_prob, " + language].add(batch[0].keep_prob, text);
    if (language != "en") languages["keep_prob, (all but en)"].add(batch[0].keep_prob, text);
    for (std::size_t i = 0; i < rank.size(); ++i) {
      rank[i] = static_cast<float>(static_cast<double>(mixed(quality.num_texts, i)) * 0x1p-64);
    }
    columns["random"].add(rank, text);
    ++quality.num_texts;
  }
  if (quality.num_texts == 0) {
    return Error{ErrorCode::kInvalidArgument, labels_path + ": no labelled text"};
  }
  for (const auto& [name, column] : columns) quality.rows.push_back(column.row(name));
  for (const auto& [name, column] : languages) quality.rows.push_back(column.row(name));
  return quality;
}

Result<Done> print_label_quality(const std::string& policy_path, const std::string& labels_path,
                                 const std::function<void(const std::string&)>& print) {
  const Result<LabelQuality> quality = label_quality(policy_path, labels_path);
  if (!quality) return quality.error();
  print("policy " + quality->policy_name + " " + quality->policy_id.substr(0, 12) + ", " +
        std::to_string(quality->num_texts) + " texts");
  print("score                         words  AUC keep AUC core  overlap keep overlap core");
  for (const QualityRow& row : quality->rows) {
    char line[160];
    std::snprintf(line, sizeof(line), "%-26s %8zu  %.4f   %.4f      %.4f    %.4f", row.name.c_str(),
                  row.num_words, row.auc_keep, row.auc_core, row.overlap_keep, row.overlap_core);
    print(line);
  }
  return Done{};
}

}  // namespace pith
