// What one run of `pith train rl` is asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/eval/eval_options.h"

namespace pith {

enum class RlMethod : std::uint8_t {
  kTaco = 1,
  kBand = 2,
  /// No rewards: the control. The supervised policy is trained further on annotated passages of
  /// the task's sources and, with its own labels, on the records that the others would draw from.
  kFurther = 3,
};
enum class RlBaseline : std::uint8_t {
  kLeaveOneOut = 1,
  kSelfCritical = 2,
  kMoving = 3,
  kNone = 4
};
enum class RewardAgainst : std::uint8_t {
  kGold = 1,  ///< The record's own answers or summary.
  kFull = 2,  ///< What the reader says of the full text.
};
enum class RewardMetric : std::uint8_t {
  kF1 = 1,
  kRouge1 = 2,
  kRouge2 = 3,
  kRougeL = 4,
  kBleu = 5
};

/// Draws in a band around the threshold, at an exact rate.
struct BandMethod {
  std::uint32_t samples = 4;  ///< K, a record and step.
  bool opposite = true;       ///< In pairs of opposite luck; K is even.
  RlBaseline baseline = RlBaseline::kLeaveOneOut;
  std::uint32_t words_max = 64;  ///< M
  double temperature = 1.0;      ///< T
  /// Every drawn text is cut where a served one would be. Else only its expected length is right.
  bool exact_length = true;
  bool through_threshold = true;     ///< Else the gradient takes the threshold as given.
  double kl = 0.1, kl_target = 0.0;  ///< Weight; with a target (nats a word) it adapts.
  double entropy = 0.0;
};

/// TACO-RL as published.
struct TacoMethod {
  double rate = 0.5;        ///< c
  double tolerance = 0.06;  ///< L, as a share of the text's tokens.
  double penalty = -0.1;    ///< r0
  double entropy = 0.01;
};

struct RlOptions {
  EvalTask task = EvalTask::kQa;
  std::string policy;  ///< Folder to begin with.
  std::string data;    ///< Task records to learn from.
  std::string out;     ///< Folder of the run.
  RecordSelection selection;
  std::uint32_t longest = 2000;  ///< Records of more reader tokens are left out.

  std::string valid;  ///< Task records to measure on; empty: none.
  std::uint32_t valid_records = 100;
  std::uint64_t valid_every = 0;  ///< Steps; 0: a fifth of the run.

  RlMethod method = RlMethod::kBand;
  BandMethod band;
  TacoMethod taco;
  std::vector<std::string> labels;              ///< Of kFurther: label files,
  std::vector<std::string> label_sources;       ///< and which of their sources; empty: all.
  std::vector<double> times = {2, 3, 4, 5, 6};  ///< Original tokens / kept tokens.
  RewardAgainst against = RewardAgainst::kGold;
  RewardMetric metric = RewardMetric::kF1;
  bool soft = false;  ///< The mean reward over the reader's likely answers, by their chance.

  std::uint64_t reader_calls = 10'000;  ///< To learn from: drawn texts and full ones.
  unsigned concurrency = 4;
  std::string reader_name;  ///< For the record of the run.

  std::uint64_t steps = 0;   ///< 0: as many as reader_calls allow.
  std::uint32_t batch = 16;  ///< Records a step.
  float learning_rate = 1e-4F;
  double warmup = 0.05;
  bool freeze_embeddings = false;
  bool use_query = false;  ///< The policy is told the record's question.
  std::uint64_t seed = 1;
  double checkpoint_s = 30;
};

}  // namespace pith
