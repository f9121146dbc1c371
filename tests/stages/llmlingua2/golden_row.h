// Recorded runs of the reference: a line of llmlingua2.jsonl.
#pragma once

#include <simdjson.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stages/llmlingua2/llmlingua2.h"

namespace pith {

struct GoldenChunk {
  std::vector<std::int32_t> ids;
  std::vector<std::string> pieces;
  std::vector<float> probs;
  std::vector<std::string> words;
  std::vector<double> word_probs;
  std::optional<int> q;
  double threshold = 0;
  std::uint64_t n_weighted = 0;
  std::optional<int> drop_q;
  double drop_threshold = 0;
  std::string labels;
  std::optional<std::string> keep;
  bool context_pass = false;
};

struct GoldenRow {
  std::string id;
  std::string model;
  std::vector<std::string> contexts;
  Llmlingua2Options options;
  bool fragile = false;
  std::string error;  ///< Of the reference; empty: it has a result.
  Llmlingua2Result result;
  std::vector<std::vector<std::string>> chunk_texts;
  std::vector<GoldenChunk> chunks;
  std::vector<double> context_scores;
  std::optional<int> context_q;
  double context_threshold = 0;
};

std::vector<GoldenRow> golden_rows(const std::string& path);

/// A network that gives the recorded probabilities of a row, by ids.
class RecordedNetwork {
 public:
  void play(const GoldenRow& row);
  Result<std::vector<float>> operator()(std::span<const std::int32_t> ids,
                                        const std::vector<bool>& active) const;

 private:
  std::map<std::vector<std::int32_t>, std::vector<float>> probs_;
};

/// How exact the comparison is.
struct GoldenTolerance {
  double prob = 1e-6;
  bool strings =
      true;  ///< Words that are kept, thresholds' neighbours, texts; not for fragile rows.
};

/// Fails the test where the outcome of a row with a result is not the recorded one.
void expect_golden(const GoldenRow& row, const Llmlingua2Result& result,
                   const Llmlingua2Trace& trace, const GoldenTolerance& tolerance);

}  // namespace pith
