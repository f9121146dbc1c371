// The self-information policy: words that an n-gram model predicts well may go.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stages/model_files/mapped_file.h"
#include "stages/score/keep_policy.h"
#include "stages/score/ngram_model.h"

namespace pith {

/// How the surprisals of a word's pieces become the word's.
enum class WordSurprisal : std::uint8_t { kSum, kMean };

/// Selective-Context (Li et al. 2023, arXiv 2310.06201) at word level under an n-gram model instead
/// of a causal Transformer: keep_prob = percentile rank, within the text, of the word's surprisal.
/// The query is not used. Time is linear in pieces, but for one sort of the words.
class NgramPolicy final : public KeepPolicy {
 public:
  /// Maps the file. Errors: kFileUnreadable, naming file and field.
  static Result<std::shared_ptr<const NgramPolicy>> open(const std::string& path);

  const std::string& id() const override { return id_; }
  const std::string& name() const override { return model_.header().name; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  Result<Done> score(std::span<ScoreItem> batch, const ScoreLimits& limits) const override;

  const NgramModel& model() const { return model_; }

 private:
  NgramPolicy(MappedFile file, NgramModel model, std::unique_ptr<const Tokenizer> tokenizer);

  MappedFile file_;
  NgramModel model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::string id_;
  WordSurprisal word_surprisal_;
};

/// Surprisal of every word in nats: its pieces' sum or mean; 0 for a word without pieces. A piece
/// that covers several words counts for each of them with an equal share, so that none of them goes
/// for being the second. Pieces that belong to no word (word_of_piece out of range) are read as
/// context only. Errors: `stop`'s, asked as it goes.
Result<std::vector<float>> word_surprisals(const NgramModel& model, const TokenizedSegment& segment,
                                           WordSurprisal how, const StopCheck& stop);

}  // namespace pith
