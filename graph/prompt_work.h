// What the edges of CompressGraph carry, and the work between them; compress_now does the same work
// in a row. Each form holds the one before it, so a prompt keeps its request, deadline and times
// wherever it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "graph/compress_graph.h"
#include "messages/result.h"
#include "stages/score/keep_policy.h"
#include "stages/tokenize/tokenize_stage.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// Edges carry shared_ptr<const T>: the graph copies its messages, and const makes sharing safe.
template <class T>
using Edge = std::shared_ptr<const T>;

using GraphClock = std::chrono::steady_clock;

struct AdmittedPrompt {
  CompressJob job;
  std::shared_ptr<const KeepPolicy>
      policy;  ///< Of the set that stood at admission; null: unknown policy.
  std::uint64_t text_bytes = 0;
  GraphClock::time_point admitted_at;
};

struct TokenizedWork {
  Edge<AdmittedPrompt> admitted;
  TokenizedPrompt prompt;
  std::uint64_t num_tokens = 0;  ///< Pieces to score, over all segments.
  GraphClock::time_point started_at, tokenized_at;
};

struct ScoredWork {
  Edge<TokenizedWork> tokenized;
  std::vector<std::vector<float>> keep_prob;  ///< Per segment, [num_words].
  GraphClock::time_point started_at, scored_at;
};

struct FinishedWork {
  Edge<AdmittedPrompt> admitted;
  Result<CompressReply> reply;
};

/// Why no more work should go into a prompt: its client is gone or its deadline has passed.
std::optional<Error> stop_reason(const AdmittedPrompt& prompt);

/// Errors: kUnknownPolicy, and those of TokenizeStage.
Result<TokenizedWork> tokenize_prompt(const TokenizeStage& tokenize, Edge<AdmittedPrompt> admitted);

/// All prompts of a batch have the same policy. One result per prompt, in order.
/// Errors: those of KeepPolicy; kInternal when it gave something that is not a probability per
/// word.
std::vector<Result<ScoredWork>> score_batch(std::span<const Edge<TokenizedWork>> batch);

CompressReply select_prompt(const ScoredWork& scored);

}  // namespace pith
