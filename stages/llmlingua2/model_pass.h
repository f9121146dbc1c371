// Chunks through the network.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {

/// The network: probability to keep, for every active position of one input, in order. Positions
/// that are not active are masked. Thread-safe.
using KeepProbabilities = std::function<Result<std::vector<float>>(
    std::span<const std::int32_t> ids, const std::vector<bool>& active)>;

/// The active positions of a chunk, stand-ins for the special tokens included.
struct ScoredChunk {
  std::vector<std::int32_t> ids;
  std::vector<std::string> pieces;  ///< As the ids spell them: unknown ones are "<unk>", "[UNK]".
  std::vector<float> probs;
};

class ModelPass {
 public:
  ModelPass(std::shared_ptr<const HfTokenizer> tokenizer, KeepProbabilities network);

  /// One chunk a task, as many at a time as the machine has cores. Errors: the network's.
  Result<std::vector<ScoredChunk>> operator()(std::span<const std::string> chunks) const;
  /// Every input begins with "[CLS]" and ends with "[SEP]", and "[PAD]" is masked, whatever the
  /// model's kind: where the vocabulary has no such pieces, they are its unknown one. What is
  /// longer than kModelPieces is cut, the last "[SEP]" first.
  Result<ScoredChunk> score(const std::string& chunk) const;

 private:
  std::shared_ptr<const HfTokenizer> tokenizer_;
  KeepProbabilities network_;
  std::vector<std::string> spellings_;  ///< By id.
};

}  // namespace pith
